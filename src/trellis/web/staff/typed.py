"""Values of attributes between a form of text and their types."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput
from trellis.people.models import Definition


def typed(definition: Definition, text: str) -> Any:
    """The value of an attribute as its type wants it; None empties it."""
    text = text.strip()
    if not text:
        return None
    if definition.type == "boolean":
        return text == "true"
    if definition.type == "number":
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            raise InvalidInput(_("%(text)s is not a number.") % {"text": text}) from None
        return int(number) if number.is_integer() else number
    if definition.type == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def shown(value: Any) -> str:
    """A value as a form shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
