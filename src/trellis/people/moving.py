"""SQL that moves a contact's rows, made from the registered tables.

Names come from our own models and fixed fragments of the registry, never from outside.
"""

from __future__ import annotations

from functools import cache

from trellis.core import sql
from trellis.people.registry import ContactTable, contact_tables

_SQL = sql.load(__package__, "merge")


@cache
def merge_sql(name: str) -> str:
    """The statement that merges rows of table ``name``; winners and losers are parameters."""
    table = contact_tables[name]
    block = "move_traced" if table.origin else table.mode
    return _fill(block, table, only="")


@cache
def back_sql(name: str) -> str:
    """The statement that moves rows back, by key (``%(keys)s``) or by origin."""
    table = contact_tables[name]
    if table.origin:
        only = f"AND d.{table.origin} = ANY(%(origins)s)"
        return _fill("move_traced", table, only=only, back=True)
    key = ", ".join(f"d.{name}" for name in table.key)
    only = f"AND jsonb_build_array({key}) = ANY(%(keys)s::jsonb[])"
    return _fill("move", table, only=only, back=True)


@cache
def undo_sql(name: str, block: str) -> str:
    """``put_back``, ``take_off`` or ``drop_empty`` for table ``name``."""
    return _fill(block, contact_tables[name], only="")


def _fill(block: str, table: ContactTable, *, only: str, back: bool = False) -> str:
    columns = table.columns
    return (
        _SQL[block]
        .replace("{table}", table.table)
        .replace("{only}", only)
        .replace("{columns}", ", ".join(columns))
        .replace("{values}", ", ".join(_value(block, table, name, back) for name in columns))
        .replace("{key}", ", ".join(f"g.{name}" for name in table.key))
        .replace("{names}", ", ".join(table.key))
        .replace("{same}", " AND ".join(_same(block, name) for name in table.key))
        .replace("{sums}", ", ".join(_sums(block, table)))
        .replace("{empty}", f"t.{table.total[0]} <= 0" if table.total else "false")
    )


def _value(block: str, table: ContactTable, name: str, back: bool) -> str:
    if block == "add":
        return _added(table, name)
    if block == "put_back":
        return f"g.{name}"
    if table.origin == name:
        return f"nullif(g.{name}, g.winner)" if back else f"coalesce(g.{name}, g.loser)"
    plain = table.put.get(name, f"g.{name}")
    if name in table.clash_put and not back:
        return f"CASE WHEN {table.clash} THEN {table.clash_put[name]} ELSE {plain} END"
    return plain


def _added(table: ContactTable, name: str) -> str:
    for names, verb in ((table.total, "sum"), (table.first, "min"), (table.last, "max")):
        if name in names:
            return f"{verb}(g.{name})"
    return f"g.{name}"


def _sums(block: str, table: ContactTable) -> list[str]:
    if block == "take_off":
        return [f"{name} = t.{name} - g.{name}" for name in table.total]
    return [
        *(f"{name} = t.{name} + EXCLUDED.{name}" for name in table.total),
        *(f"{name} = least(t.{name}, EXCLUDED.{name})" for name in table.first),
        *(f"{name} = greatest(t.{name}, EXCLUDED.{name})" for name in table.last),
    ]


def _same(block: str, name: str) -> str:
    left = "put" if block == "keep" else "t"
    return f"{left}.{name} = g.{name}"
