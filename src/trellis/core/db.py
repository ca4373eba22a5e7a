"""Running named SQL, in verbs that read as what callers ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import psycopg
from django.db import OperationalError, connection, transaction

Args = Mapping[str, Any] | Sequence[Any]


def fetch(sql: str, args: Args = ()) -> list[tuple[Any, ...]]:
    """Run a statement in the caller's transaction and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _ready(args))
        return list(cursor.fetchall())


def run(sql: str, args: Args = ()) -> int:
    """Run a statement in the caller's transaction and return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _ready(args))
        return int(cursor.rowcount)


def fetch_within(ms: int, sql: str, args: Args = ()) -> list[tuple[Any, ...]] | None:
    """``fetch``, given up after some milliseconds: None then. The caller's transaction goes
    on either way."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(ms)])
            cursor.execute(sql, _ready(args))
            rows = list(cursor.fetchall())
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _CANCELLED:
            raise
        return None
    return rows


_CANCELLED = "57014"


def hot(sql: str, args: Args = ()) -> list[tuple[Any, ...]]:
    """``fetch`` for constant statements that run in every batch: the server plans each once
    per connection, and takes the parameters apart from the text."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql.encode(), _ready(args), prepare=True)
        return list(cursor.fetchall()) if cursor.description else []


def _ready(args: Args) -> Any:
    if not args:
        return None
    if isinstance(args, Mapping):
        return {k: array(v) if type(v) is list else v for k, v in args.items()}
    return [array(value) if type(value) is list else value for value in args]


def array(items: list[Any]) -> Any:
    """A list of one kind of value as an array literal, which costs a fraction of what the
    driver needs to write it element by element; other lists are left to the driver."""
    kinds = set(map(type, items)) - {type(None)}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is str:
        return _texts(items)
    write = _PLAIN.get(kind)
    if write is None:
        return items
    if None in items:
        return "{" + ",".join("NULL" if x is None else write(x) for x in items) + "}"
    return "{" + ",".join(map(write, items)) + "}"


_PLAIN: dict[Any, Callable[[Any], str]] = {
    int: int.__repr__,
    float: float.__repr__,
    bool: bool.__repr__,
    datetime: datetime.isoformat,
    date: date.isoformat,
}
"""How values are written that need no quotes in an array literal."""


def _texts(items: list[Any]) -> Any:
    if None in items:
        return items
    joined = "\x00".join(items)
    if joined.count("\x00") != len(items) - 1:
        return items
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\x00", '","') + '"}'


def decoded(value: Any) -> Any:
    """A JSON column as it was stored, whether or not the driver has read it already."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def like(text: str) -> str:
    """Text as it stands for itself inside a pattern of LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def connect(timeout: int = 3) -> psycopg.Connection[Any]:
    """A connection of its own, outside the pool, committing each statement; it fails within
    ``timeout`` seconds (``psycopg.OperationalError``) where the database is away."""
    params = {**connection.get_connection_params(), "connect_timeout": timeout}
    return psycopg.connect(**params, autocommit=True)
