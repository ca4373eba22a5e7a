"""Definitions of typed attributes, of contacts and of companies: the only place where people
change them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re2
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.people.models import Attribute, CompanyAttribute, Definition, Renaming
from trellis.people.values import BUILT_IN, TAGS, TYPES, pattern

BUCKETS = ("demographic", "interest", "engagement")
HOWS = ("active", "passive")
OF: Mapping[str, type[Attribute] | type[CompanyAttribute]] = {
    "contact": Attribute,
    "company": CompanyAttribute,
}
"""Whom an attribute describes → where its definition is kept."""
OBJECT = {"contact": "attribute", "company": "company_attribute"}
"""How they are called in the trail."""
EDITABLE = (
    "label", "bucket", "how", "options", "description", "unit", "minimum", "maximum",
    "pattern", "required",
)  # fmt: skip
"""What may change afterwards; key and type stay, because stored values and rules rely on
them."""
CLOSED = ("text", "choice", "list")
"""Types whose values options may close."""
MATCHED = ("text", "list", "email", "url")
"""Types whose values a pattern may narrow."""
MAX_OPTIONS = 200
MAX_OPTION = 200
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_TAKEN = frozenset({*BUILT_IN, TAGS, "name", "domain"})


def create(
    actor: Actor, key: str, type: str, values: Mapping[str, Any], of: str = "contact"
) -> Definition:  # the model's own word
    """Define an attribute. Raises ``InvalidInput`` for a bad key, type or setting and
    ``Conflict`` where the key is taken."""
    require(actor, "attributes.write")
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            _("%(key)r is not a key: letters, digits and _ only, a letter first.")
            % {"key": key}
        )
    if key in _TAKEN:
        raise Conflict(_("%(key)s is a field that everybody has.") % {"key": key})
    if type not in TYPES:
        raise InvalidInput(_("There is no type %(type)r.") % {"type": type}, types=TYPES)
    row: Definition = OF[of](key=key, type=type, label=key)
    _fill(row, values)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(actor, "attribute.create", OBJECT[of], row.key, row.label)
    except IntegrityError:
        raise Conflict(_("There is an attribute %(key)s already.") % {"key": key}) from None
    return row


def update(
    actor: Actor,
    key: str,
    values: Mapping[str, Any],
    of: str = "contact",
    version: int | None = None,
) -> Definition:
    """Change how an attribute is shown, sorted and checked; its key and type stay.
    ``version`` is the one the change was made to (``accounts.versions``)."""
    require(actor, "attributes.write")
    with transaction.atomic():
        row = locked(key, of)
        before = {name: getattr(row, name) for name in EDITABLE}
        _fill(row, values)
        wanted = {name: getattr(row, name) for name in EDITABLE if name in values}
        versions.check(row.version, version, before, wanted, of=(OBJECT[of], key))
        row.version += 1
        row.save()
        change = {
            name: [before[name], getattr(row, name)]
            for name in EDITABLE
            if before[name] != getattr(row, name)
        }
        audit.record(actor, "attribute.update", OBJECT[of], row.key, row.label, change)
    return row


def archive(
    actor: Actor,
    key: str,
    used_by: Sequence[str] = (),
    of: str = "contact",
    version: int | None = None,
) -> Definition:
    """Take an attribute from the choices; stored values stay. ``used_by`` names what still
    reads it (rules live above this domain): with any, ``Conflict``."""
    require(actor, "attributes.write")
    if used_by:
        raise Conflict(
            _("This attribute is used by %(names)s.") % {"names": ", ".join(used_by)},
            used_by=list(used_by),
        )
    with transaction.atomic():
        row = locked(key, of)
        versions.check(row.version, version, {}, None, of=(OBJECT[of], key))
        row.archived_at = clock.now()
        row.save(update_fields=["archived_at"])
        audit.record(actor, "attribute.archive", OBJECT[of], row.key, row.label)
    return row


def rename_option(
    actor: Actor,
    key: str,
    before: str,
    after: str,
    named_by: Sequence[str] = (),
    of: str = "contact",
) -> Renaming:
    """Give an option another name: from now on in whatever arrives, and by a job in all
    stored values. Programs may go on sending the old name.

    ``named_by`` names the rules that name the old one: with any, ``Conflict``, because they
    would silently hold for nobody.
    """
    require(actor, "attributes.write")
    after = after.strip()
    if named_by:
        names = ", ".join(named_by)
        raise Conflict(
            _("%(names)s name this option. Let them accept both names first.")
            % {"names": names},
            used_by=list(named_by),
        )
    with transaction.atomic():
        row = locked(key, of)
        if before not in row.options:
            raise NotFound(_("There is no option %(name)s.") % {"name": before})
        if not after or len(after) > MAX_OPTION:
            raise InvalidInput(_("An option has 1 to 200 characters."))
        if after in row.options:
            raise Conflict(_("There is an option %(name)s already.") % {"name": after})
        row.options = [after if option == before else option for option in row.options]
        kept = {old: after if new == before else new for old, new in row.aliases.items()}
        kept.pop(after, None)
        row.aliases = {**kept, before: after}
        row.version += 1
        row.save()
        made = Renaming.objects.create(
            of=of, key=key, before=before, after=after, actor=actor.label
        )
        change = {"options": [before, after]}
        audit.record(actor, "attribute.rename_option", OBJECT[of], key, row.label, change)
        enqueue("people.rename_option", renaming_id=made.pk)
    return made


def get(key: str, of: str = "contact") -> Definition:
    """The definition in use; ``NotFound``."""
    row = OF[of].objects.filter(key=key, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no attribute %(key)s.") % {"key": key})
    return row


def locked(key: str, of: str = "contact") -> Definition:
    """The definition, kept from others until the transaction ends; ``NotFound``."""
    rows: Any = OF[of].objects
    row: Definition | None = rows.select_for_update().filter(key=key, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no attribute %(key)s.") % {"key": key})
    return row


def _fill(row: Definition, values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise InvalidInput(_("Unknown settings: %(names)s.") % {"names": ", ".join(unknown)})
    for name, value in values.items():
        setattr(row, name, value)
    row.label = str(row.label).strip()[:120] or row.key
    row.unit = str(row.unit).strip()[:20]
    for check in _CHECKS:
        check(row)
    row.aliases = {old: new for old, new in row.aliases.items() if new in row.options}


def _check_class(row: Definition) -> None:
    if row.bucket not in BUCKETS:
        raise InvalidInput(
            _("There is no bucket %(name)r.") % {"name": row.bucket}, buckets=BUCKETS
        )
    if row.how not in HOWS:
        raise InvalidInput(_("%(name)r is neither active nor passive.") % {"name": row.how})


def _check_options(row: Definition) -> None:
    options = row.options
    if not isinstance(options, list) or not all(isinstance(item, str) for item in options):
        raise InvalidInput(_("Options are a list of texts."))
    if len(options) > MAX_OPTIONS or len(set(options)) != len(options):
        raise InvalidInput(_("At most %(n)d options, each once.") % {"n": MAX_OPTIONS})
    if any(not item.strip() or len(item) > MAX_OPTION for item in options):
        raise InvalidInput(_("An option has 1 to 200 characters."))
    if row.type == "choice" and not options:
        raise InvalidInput(_("A choice needs options to choose from."), field="options")
    if options and row.type not in CLOSED:
        raise InvalidInput(_("Only texts, choices and lists have options."), field="options")


def _check_limits(row: Definition) -> None:
    limited = row.minimum is not None or row.maximum is not None
    if (limited or row.unit) and row.type != "number":
        raise InvalidInput(_("Only numbers have a unit and limits."), field="unit")
    if row.minimum is not None and row.maximum is not None and row.minimum > row.maximum:
        raise InvalidInput(_("The least is more than the most."), field="minimum")


def _check_pattern(row: Definition) -> None:
    if not row.pattern:
        return
    if row.type not in MATCHED:
        raise InvalidInput(_("Only texts have a pattern."), field="pattern")
    try:
        pattern(row.pattern)
    except re2.error:
        raise InvalidInput(
            _("%(text)s is not a regular expression.") % {"text": row.pattern}, field="pattern"
        ) from None


_CHECKS: tuple[Callable[[Definition], None], ...] = (
    _check_class,
    _check_options,
    _check_limits,
    _check_pattern,
)
