"""The catalogue of event names: number of each (type, name), kept in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from trellis.core import db, sql
from trellis.core.locks import Definitions

Name = tuple[str, str]
"""(type, name) as in the log."""

_SQL = sql.load(__package__, "log")
_kept: Definitions[dict[Name, int]] = Definitions(dict)
"""Names never change their number, so one epoch serves for ever; tests forget it."""


def numbers(names: Iterable[Name], now: datetime) -> dict[Name, int]:
    """The numbers of ``names``; unknown ones are added in the caller's transaction and
    remembered once it commits."""
    kept = _kept.at(0)
    wanted = set(names)
    missing = sorted(wanted - kept.keys())
    out = {name: kept[name] for name in wanted & kept.keys()}
    if missing:
        types, texts = [t for t, _ in missing], [n for _, n in missing]
        rows = db.fetch(_SQL["names"], [types, texts])
        if len(rows) < len(missing):
            db.run(_SQL["add_names"], [now, types, texts])
            rows = db.fetch(_SQL["names"], [types, texts])
        found = {(kind, name): int(number) for kind, name, number in rows}
        out.update(found)
        transaction.on_commit(lambda: kept.update(found))
    return out
