"""The fields of a form: what may stand in a definition, and what a visitor typed.

A field fills a contact field (``email``, ``phone``, ``first_name`` …) or an attribute of
the same key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput
from trellis.people.normal import normalise_email, normalise_phone

Kind = Literal[
    "text",
    "email",
    "phone",
    "textarea",
    "number",
    "date",
    "select",
    "radio",
    "checkbox",
    "hidden",
]
MAX_FIELDS = 40
MAX_TEXT = 2_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Field(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One field. ``options`` closes the answers of select and radio; ``value`` is what a
    hidden field states."""

    key: str
    label: str
    type: Kind = "text"
    required: bool = False
    options: tuple[str, ...] = ()
    hint: str = ""
    value: str = ""


def parse(raw: Any) -> tuple[Field, ...]:
    """Check a definition; raises ``InvalidInput`` that names the field at fault."""
    try:
        fields = msgspec.convert(raw, tuple[Field, ...])
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Fields: {error}.") from error
    if not fields:
        raise InvalidInput(_("A form needs at least one field."))
    if len(fields) > MAX_FIELDS:
        raise InvalidInput(_("A form has at most %(n)d fields.") % {"n": MAX_FIELDS})
    seen: set[str] = set()
    for field in fields:
        _check(field)
        if field.key in seen:
            raise InvalidInput(_("The key %(key)s stands twice.") % {"key": field.key})
        seen.add(field.key)
    return fields


def _check(field: Field) -> None:
    if not _KEY.fullmatch(field.key):
        raise InvalidInput(
            _("%(key)r is not a key: small letters, digits and _ only, a letter first.")
            % {"key": field.key}
        )
    if not field.label.strip() and field.type != "hidden":
        raise InvalidInput(_("The field %(key)s needs a label.") % {"key": field.key})
    if field.type in {"select", "radio"} and len(field.options) < 2:
        raise InvalidInput(
            _("The field %(label)s needs at least two options.") % {"label": field.label}
        )


def names_somebody(fields: Sequence[Field]) -> bool:
    """Whether a form asks for an address or a phone number."""
    return any(field.type in {"email", "phone"} for field in fields)


def read(
    fields: Sequence[Field], typed: Mapping[str, str], region: str = ""
) -> tuple[dict[str, Any], dict[str, str]]:
    """What a visitor said, as values by key, and the faults by key. Empty answers of
    optional fields are left out."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in fields:
        text = field.value if field.type == "hidden" else typed.get(field.key, "")
        text = text.replace("\x00", "").strip()[:MAX_TEXT]
        if not text:
            if field.required:
                faults[field.key] = _("Please fill this in.")
            elif field.type == "checkbox":
                values[field.key] = False
            continue
        value = _READERS[field.type](field, text, region)
        if value is None:
            faults[field.key] = _fault(field)
        else:
            values[field.key] = value
    return values, faults


def _fault(field: Field) -> str:
    if field.type == "email":
        return _("This is not an email address, such as ann@example.org.")
    if field.type == "phone":
        return _("This is not a phone number; begin with + and the country code.")
    if field.type == "number":
        return _("Please write a number.")
    if field.type == "date":
        return _("Please write a date.")
    return _("Please choose one of the answers.")


def _number(_field: Field, text: str, _region: str) -> float | int | None:
    try:
        value = float(text.replace(",", ".").replace(" ", ""))
    except ValueError:
        return None
    if value != value or abs(value) > 1e15:
        return None
    return int(value) if value.is_integer() else value


def _date(_field: Field, text: str, _region: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _text(_field: Field, text: str, _region: str) -> str:
    return text


def _option(field: Field, text: str, _region: str) -> str | None:
    return text if text in field.options else None


def _email(_field: Field, text: str, _region: str) -> str | None:
    return text if normalise_email(text) else None


def _phone(_field: Field, text: str, region: str) -> str | None:
    return normalise_phone(text, region or None)


def _ticked(_field: Field, _text: str, _region: str) -> bool:
    return True


_READERS: Mapping[str, Callable[[Field, str, str], Any]] = {
    "text": _text,
    "textarea": _text,
    "hidden": _text,
    "email": _email,
    "phone": _phone,
    "number": _number,
    "date": _date,
    "select": _option,
    "radio": _option,
    "checkbox": _ticked,
}
