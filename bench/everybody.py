"""Deriving everybody once, before the clock runs: by the product's own statement, but with
its results kept in the database, so that setting up a million contacts takes minutes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trellis.pipeline.derivation import Derivation

CHUNK = 50_000
WORKERS = 2

_RESULTS = """
CREATE UNLOGGED TABLE bench_moved (contact_id bigint, score int, temperature_before text,
    temperature text, grade text, leads bigint[], segments_before bigint[], segments bigint[],
    company_before bigint, company bigint, held bigint[])
"""

_LEADS = """
INSERT INTO lead AS l (contact_id, line_id, stage_id, stage_since, created_at, updated_at)
SELECT b.contact_id, %(line)s, b.leads[%(place)s + 2], %(now)s, %(now)s, %(now)s
FROM bench_moved b
WHERE b.leads[%(place)s + 2] IS NOT NULL AND b.leads[%(place)s + 1] IS NULL
"""

_MEMBERS = """
INSERT INTO membership AS m (contact_id, segment_id, since)
SELECT b.contact_id, s.id, %(now)s FROM bench_moved b CROSS JOIN LATERAL unnest(b.segments) s (id)
"""


def derive_everybody() -> None:
    """Scores, stages and segments of all contacts, who were never derived before, without
    telling anybody."""
    from trellis.core import clock, db
    from trellis.leads.compute import NUMBERS
    from trellis.pipeline import definitions
    from trellis.pipeline.derivation import for_range, whole

    known, now = definitions.current(), clock.now()
    derivation = for_range(whole(known))
    last = int(db.fetch("SELECT max(contact_id) FROM contact")[0][0])
    db.run(_RESULTS)
    with ThreadPoolExecutor(WORKERS) as pool:
        lows = range(1, last + 1, CHUNK)
        list(pool.map(lambda low: _chunk(derivation, now, low), lows))
        list(pool.map(lambda _: _leave(), range(WORKERS)))
    for number, line in enumerate(known.lines):
        place = number * NUMBERS
        db.run(_LEADS, {"line": line.id, "place": place, "now": now})
    with without_indexes("membership"):
        db.run(_MEMBERS, {"now": now})
    db.run("DROP TABLE bench_moved")
    db.run("VACUUM ANALYZE standing, membership, lead, score_day")


def _chunk(derivation: Derivation, now: datetime, low: int) -> None:
    """Derive a range, its results into ``bench_moved``."""
    from django.db import connection
    from psycopg import RawCursor

    text = derivation.text.replace(
        "\nSELECT contact_id, score_told",
        "\nINSERT INTO bench_moved SELECT contact_id, score_told",
    )
    values = derivation._params.bind(now) | {"low": low, "high": low + CHUNK - 1}
    connection.ensure_connection()
    with RawCursor(connection.connection) as cursor:
        cursor.execute("SET jit = off; SET work_mem = '256MB'")
        cursor.execute(text, [values[name] for name in derivation._names])


def _leave() -> None:
    """Close the connection of a worker."""
    from django.db import connection

    connection.close()


@contextlib.contextmanager
def without_indexes(table: str) -> Iterator[None]:
    """A table without its keys and indexes, which come back afterwards: rows then go in at
    several times the speed."""
    from trellis.core import db

    keys = db.fetch(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'u')",
        [table],
    )
    named = {name for name, _text in keys}
    others = db.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table]
    )
    for name, _text in keys:
        db.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    plain = [(name, text) for name, text in others if name not in named]
    for name, _text in plain:
        db.run(f'DROP INDEX "{name}"')
    yield
    db.run("SET maintenance_work_mem = '1GB'")
    for name, text in keys:
        db.run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}')
    for _name, text in plain:
        db.run(text)
    db.run("RESET maintenance_work_mem")
