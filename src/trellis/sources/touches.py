"""Arrivals: which facts of a batch are one, and their record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from trellis.core import db, sql
from trellis.events import names
from trellis.events.types import PAGE, SCREEN, SYSTEM, Logged
from trellis.sources.attribute import CLICK_IDS, UTM, outside_referrer, source_of

_SQL = sql.load(__package__, "touches")
_MARKS = frozenset((*UTM[:3], *CLICK_IDS, "source"))
_encode = msgspec.json.Encoder(order="sorted").encode


def record(rows: Sequence[Logged], new: Collection[int]) -> int:
    """Record the arrivals among the events just logged; returns how many.

    An arrival is a form, an import, a visit with campaign marks or from another site, and
    the first thing a new contact (``new``) does.
    """
    found: dict[tuple[Any, ...], tuple[Logged, str, str]] = {}
    fresh = set(new)
    for row in sorted(rows, key=lambda row: row.at):
        how = _how(row, row.contact_id in fresh)
        if not how:
            continue
        fresh.discard(row.contact_id)
        key = source_of(row.props) if how != "import" else _import_source(row)
        utm = _encode({name: row.props[name] for name in UTM if row.props.get(name)}).decode()
        found.setdefault((row.contact_id, how, key, utm), (row, key, utm))
    if found:
        db.run(_SQL["add"], _columns(found))
    return len(found)


def _how(row: Logged, is_new: bool) -> str:
    """How the contact arrived by this event; empty where it did not."""
    if row.name == names.FORM_SUBMITTED:
        return "form"
    if row.type == SYSTEM:
        return ""
    if row.origin == "import":
        return "import" if is_new or row.props.get("source") else ""
    if not _MARKS.isdisjoint(row.props) and any(row.props.get(mark) for mark in _MARKS):
        return "campaign"
    if row.type in (PAGE, SCREEN) and outside_referrer(row.props):
        return "visit"
    return "first" if is_new else ""


def _import_source(row: Logged) -> str:
    given = row.props.get("source")
    return given if isinstance(given, str) and given else "sales-import"


def _columns(found: dict[tuple[Any, ...], tuple[Logged, str, str]]) -> list[list[Any]]:
    numbers = dict(db.fetch(_SQL["sources"]))
    touches = [(how, *rest) for (_, how, _, _), rest in found.items()]
    return [
        [row.contact_id for _, row, _, _ in touches],
        [row.at for _, row, _, _ in touches],
        [numbers.get(key) for _, _, key, _ in touches],
        [how for how, _, _, _ in touches],
        [utm for _, _, _, utm in touches],
        [_text(row.props.get("url")) for _, row, _, _ in touches],
        [_text(row.props.get("referrer")) for _, row, _, _ in touches],
    ]


def _text(value: object) -> str:
    return value.replace("\x00", "")[:2_000] if isinstance(value, str) else ""
