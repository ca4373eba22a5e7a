"""What the second of two editors sees: who was quicker, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trellis.core.errors import TrellisError


@dataclass(frozen=True, kw_only=True)
class Clash:
    """``message`` says who; ``rows`` hold field, value before, value now; ``version`` is the
    one that what was typed may be saved over."""

    message: str
    version: int
    rows: Sequence[tuple[str, str, str]]


def clash(error: TrellisError) -> Clash | None:
    """The clash that an error tells of; None where it is another error."""
    if "version" not in error.data:
        return None
    differs: Mapping[str, Any] = error.data.get("differs", {})
    rows = [(name, _text(pair[0]), _text(pair[1])) for name, pair in differs.items()]
    return Clash(message=error.message, version=int(error.data["version"]), rows=rows)


def _text(value: Any) -> str:
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
