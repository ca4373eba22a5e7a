"""Where values come from: who said what, when, on which legal basis, and what stood before.

Each value of a profile has an entry: ``src`` (the entrance or actor), ``at``, ``basis``,
``how`` (active: the person said it; passive: it was observed), ``was`` (the values before
it, the newest first) and ``weak`` where it only filled what nobody had said. ``since`` is there
where the value has been the same for longer than ``at``, when it was last said.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

KEPT = 3
"""Earlier values that are kept of each field."""
LONGEST = 120
"""Characters kept of an earlier text."""
BASES = ("consent", "contract", "legitimate_interest", "legal_obligation")
"""Legal bases on which a value about a person may be kept (GDPR, article 6)."""

Entry = dict[str, Any]

_order = msgspec.json.Encoder(order="sorted").encode


def moment(at: float) -> str:
    """A time as provenance keeps it: UTC in one width, so that text order is time order."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def entry(src: str, at: float, basis: str, how: str, *, weak: bool = False) -> Entry:
    """The entry of a value that ``src`` states at ``at`` (UTC seconds)."""
    made: Entry = {"src": src, "at": moment(at), "basis": basis, "how": how}
    if weak:
        made["weak"] = True
    return made


def newer(new: Entry, value: Any, old: Entry | None, old_value: Any) -> bool:
    """Whether a value replaces the old one: the later word wins, and what only fills never
    replaces what was said. Equal times are decided by the values themselves, so that the
    order of arrival does not matter."""
    if old is None:
        return True
    weak, was_weak = bool(new.get("weak")), bool(old.get("weak"))
    if weak != was_weak:
        return was_weak
    if new["at"] != old["at"]:
        return bool(new["at"] > old["at"])
    return _order(value) > _order(old_value)


def keep(stays: Entry, value: Any, goes: Entry | None, old_value: Any) -> Entry:
    """The entry of the value that stays, with what it replaces (and what that had replaced)
    behind it: each value once, the newest first."""
    rows = list(stays.get("was", ()))
    if goes is not None:
        rows += goes.get("was", ())
        if old_value not in (None, "", []) and "at" in goes:
            rows.append({"value": _short(old_value), "src": goes["src"], "at": goes["at"]})
    present = _short(value)
    seen: list[Any] = [present]
    kept = []
    for row in sorted(rows, key=lambda row: str(row["at"]), reverse=True):
        if row["value"] not in seen:
            seen.append(row["value"])
            kept.append(row)
    made = {name: part for name, part in stays.items() if name not in ("was", "since")}
    if kept:
        made["was"] = kept[:KEPT]
    began = _began(stays)
    if goes is not None and value == old_value and "at" in goes:
        began = min(began, _began(goes))
    if kept and str(kept[0]["at"]) >= began:
        began = str(stays["at"])
    if began != stays["at"]:
        made["since"] = began
    return made


def _began(said: Entry) -> str:
    return str(said.get("since", said["at"]))


def same_word(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries are of one statement, whatever stood before it."""
    if one is None or other is None:
        return False
    return (one.get("src"), one.get("at")) == (other.get("src"), other.get("at"))


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, list):
        return [_short(item) for item in value[:20]]
    return value
