"""One contact named in a field: by number, address, or as much of the name as tells them
apart. The field is ``parts/person_field.html``, which offers people while one types."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput
from trellis.people import queries as people
from trellis.people.queries import ContactFilter
from trellis.web.staff import given

_NUMBER = re.compile(r"#?([0-9]+)|.*\(#([0-9]+)\)", re.DOTALL)
"""``12``, ``#12``, or what the field offers: ``Ann Riera · ann@example.org (#12)``."""
LONGEST = 200


def fitting(text: str) -> Sequence[int]:
    """The contacts that the text may mean: none, one, or two where more than one fits. A
    number is taken at its word, whether or not there is such a contact."""
    asked = text.replace("\x00", "").strip()[:LONGEST]
    if _NUMBER.fullmatch(asked):
        meant = number(asked)
        return [] if meant is None else [meant]
    if not asked:
        return []
    rows = people.contacts(ContactFilter(search=asked, kind="all"), None, 2).rows
    return [row.contact_id for row in rows]


def number(text: str) -> int | None:
    """The number in what such a field offers, or a bare one; None where it says none."""
    found = _NUMBER.fullmatch(text.strip()[:LONGEST])
    return given.number(found[1] or found[2]) if found else None


def one(text: str) -> int:
    """The one contact that the text names. Raises ``InvalidInput``."""
    found = fitting(text)
    if len(found) == 1:
        return found[0]
    raise InvalidInput(why_not(text, found))


def why_not(text: str, found: Sequence[int]) -> str:
    """What to do where a text does not name one contact."""
    if not text.strip():
        return _("Say who: a name, an email or a contact number.")
    if found:
        return _("Several people fit “%(text)s”. Choose one of those offered.") % {"text": text}
    return _("Nobody fits “%(text)s”.") % {"text": text}
