"""What attributes ask of the forms that fill them: an answer, and one that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from trellis.capture.forms import fields
from trellis.capture.forms.fields import Field
from trellis.capture.models import Form
from trellis.people.models import Attribute
from trellis.people.values import BadValue, fit

_TYPED = frozenset({"text", "textarea", "number", "date", "email"})
"""Fields in which a visitor writes. What they can only choose is for the form's maker to get
right: a visitor cannot mend it."""

_SAY: Mapping[str, Callable[[Attribute], str]] = {
    "below_minimum": lambda row: _("At least %(n)s.") % {"n": _plain(row.minimum)},
    "above_maximum": lambda row: _("At most %(n)s.") % {"n": _plain(row.maximum)},
    "not_an_option": lambda row: _("Please choose one of the answers."),
    "not_a_number": lambda row: _("Please write a number."),
    "not_a_date": lambda row: _("Please write a date."),
}


def asked(form: Form) -> tuple[tuple[Field, ...], dict[str, Attribute]]:
    """The fields of a form, those of required attributes required, and the definitions of
    the attributes they fill."""
    found = fields.parse(form.fields)
    keys = [field.key for field in found]
    rows = Attribute.objects.filter(key__in=keys, archived_at=None)
    known = {row.key: row for row in rows}
    return tuple(_demanded(field, known.get(field.key)) for field in found), known


def _demanded(field: Field, definition: Attribute | None) -> Field:
    if definition is None or not definition.required or field.type in ("hidden", "checkbox"):
        return field
    return msgspec.structs.replace(field, required=True)


def faults(
    definition: Sequence[Field], values: Mapping[str, Any], known: Mapping[str, Attribute]
) -> dict[str, str]:
    """What does not fit the attributes it would fill, so that whoever typed it hears it now."""
    found: dict[str, str] = {}
    for field in definition:
        row, value = known.get(field.key), values.get(field.key)
        if row is None or value is None or field.type not in _TYPED:
            continue
        try:
            fit(row, value)
        except BadValue as bad:
            say = _SAY.get(str(bad))
            found[field.key] = say(row) if say else _("This does not fit here.")
    return found


def _plain(value: float | None) -> str:
    return f"{value:g}" if value is not None else ""
