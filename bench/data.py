"""The data that benchmarks stand on, made by set SQL: people, their log and its roll-ups.

A million contacts (three in ten known), twenty million events of 120 days that fall mostly
on few of them, twenty signals and their daily counts. ``--small``: a twentieth of it.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

NAMES = (
    ("page", "Page Viewed", 10),
    ("track", "Product Viewed", 4),
    ("track", "Price List Viewed", 1),
    ("track", "Article Read", 2),
    ("track", "Video Watched", 1),
    ("track", "Added to Cart", 1),
    ("track", "Form Started", 1),
)  # fmt: skip
"""Event names with their share, in twentieths."""
PATHS = 16
"""Pages are ``/p/0`` to ``/p/15``; each of the first ten has a signal."""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What the database holds now. ``signals``: key → id."""

    contacts: int
    events: int
    signals: dict[str, int]


_PEOPLE = """
INSERT INTO contact (contact_id, known, email, first_name, locale, country, city, attributes,
    provenance, created_at, updated_at)
SELECT i, i %% 10 < 3, CASE WHEN i %% 10 < 3 THEN 'user' || i || '@example.com' ELSE '' END,
    CASE WHEN i %% 10 < 3 THEN 'Name' || i %% 997 ELSE '' END, 'en',
    (ARRAY['CN', 'ES', 'DE', 'US', 'RU'])[1 + i %% 5],
    (ARRAY['Beijing', 'Girona', 'Berlin', 'Boston', 'Kazan', 'Shanghai', 'Lleida'])[1 + i %% 7],
    CASE WHEN i %% 10 < 3 THEN jsonb_build_object('revenue', (i %% 1000 * 7919) %% 200, 'industry',
        (ARRAY['food', 'retail', 'software', 'travel'])[1 + i %% 4], 'employees', i %% 500)
    ELSE '{}'::jsonb END,
    '{}', %(now)s - i %% 120 * interval '1 day', %(now)s
FROM generate_series(1, %(contacts)s) AS i;
SELECT setval(pg_get_serial_sequence('contact', 'contact_id'), %(contacts)s);
INSERT INTO standing (contact_id, first_seen, last_seen)
SELECT i, %(now)s - interval '120 days', %(now)s - i %% 120 * interval '1 day'
FROM generate_series(1, %(contacts)s) AS i;
INSERT INTO contact_identity (contact_id, kind, value)
SELECT i, 'anonymous_id', 'd' || i FROM generate_series(1, %(contacts)s) AS i
UNION ALL
SELECT i, 'email', 'user' || i || '@example.com' FROM generate_series(1, %(contacts)s) AS i
WHERE i %% 10 < 3
UNION ALL
SELECT i, 'user_id', 'u' || i FROM generate_series(1, %(contacts)s) AS i WHERE i %% 10 < 3;
INSERT INTO identity (value, kind, contact_id)
SELECT value, kind, contact_id FROM contact_identity ORDER BY value, kind;
INSERT INTO people_attribute (key, label, type, bucket, how, options, description, created_at)
VALUES ('revenue', 'Revenue', 'number', 'demographic', 'active', '[]', '', %(now)s),
    ('industry', 'Industry', 'text', 'demographic', 'active', '[]', '', %(now)s),
    ('employees', 'Employees', 'number', 'demographic', 'active', '[]', '', %(now)s);
INSERT INTO consent (contact_id, purpose, channel, given, at, source)
SELECT i, 'marketing', 'email', true, %(now)s - interval '90 days', 'form'
FROM generate_series(1, %(contacts)s) AS i WHERE i %% 10 < 2
"""

# Nearly half of the visits fall on a quarter of the people; a visit has four events.
_PLAN = """
CREATE UNLOGGED TABLE planned AS
SELECT 1 + floor(%(contacts)s * v.who * (0.1 + 0.9 * v.who))::int AS contact_id, i,
    (i * 7) %% 20 AS share, i %% 16 AS path,
    %(now)s - v.ago * interval '120 days' + i %% 4 * interval '40 seconds' AS at
FROM generate_series(1, %(events)s) AS i,
LATERAL (
    SELECT abs(hashint4(i / 4)::float8) / 2147483648 AS who,
        abs(hashint4(i / 4 + 900000000)::float8) / 2147483648 AS ago
) AS v
"""

_EVENTS = """
WITH page AS MATERIALIZED (
    SELECT n, jsonb_build_object('path', '/p/' || n %% 16, 'title', 'Page ' || n %% 16,
        'url', 'https://shop.example/p/' || n %% 16, 'amount', n %% 90) AS props
    FROM generate_series(0, 719) AS n
)
INSERT INTO event (contact_id, event_id, at, name_id, epoch, depth, logged_at, props)
SELECT p.contact_id, hashint8extended(p.i, 1) & 9223372036854775807, p.at,
    (%(names)s::int[])[1 + p.share], 1, 0, p.at, page.props
FROM planned AS p JOIN page ON page.n = p.i %% 720
"""

_DAILY = """
CREATE UNLOGGED TABLE daily AS
SELECT p.contact_id, (%(names)s::int[])[1 + p.share] AS name_id, p.path,
    (p.at AT TIME ZONE 'UTC')::date AS day, count(*)::int AS n,
    min(p.at) AS first_at, max(p.at) AS last_at
FROM planned AS p GROUP BY 1, 2, 3, 4
"""

_PLAIN = """
INSERT INTO signal_daily (contact_id, signal_id, day, n, sum, first_at, last_at)
SELECT d.contact_id, s.id, d.day, sum(d.n), 0, min(d.first_at), max(d.last_at)
FROM daily AS d JOIN unnest(%(name_ids)s::int[], %(ids)s::int[]) AS s (name_id, id)
    ON s.name_id = d.name_id
GROUP BY 1, 2, 3
"""

_PAGES = """
INSERT INTO signal_daily (contact_id, signal_id, day, n, sum, first_at, last_at)
SELECT d.contact_id, (%(pages)s::int[])[1 + d.path], d.day, d.n, 0, d.first_at, d.last_at
FROM daily AS d WHERE d.name_id = %(viewed)s AND d.path < cardinality(%(pages)s::int[])
"""

_ROOM = "SET maintenance_work_mem = '1GB'; SET work_mem = '512MB'; SET jit = off;"


def fill(small: bool) -> Filled:
    """Fill the migrated database of ``base.instance``; tells its progress on stderr."""
    return fill_with(*((50_000, 1_000_000) if small else (1_000_000, 20_000_000)))


def fill_with(contacts: int, events: int) -> Filled:
    """Fill it with so many people and events."""
    from trellis.core import clock
    from trellis.events import partitions

    now = clock.now().replace(microsecond=0)
    partitions.ensure(now)
    _run(_ROOM, {})
    with step("people"):
        _run(_PEOPLE, {"contacts": contacts, "now": now})
    names = _names(now)
    spread = [names[name] for _, name, share in NAMES for _ in range(share)]
    with step("plan"):
        _run(_PLAN, {"contacts": contacts, "now": now, "events": events})
    with step("events"):
        _run("ALTER TABLE event DROP CONSTRAINT event_pkey; DROP INDEX event_by_name", {})
        halves = [f"{_EVENTS} WHERE p.i %% 2 = {half}" for half in (0, 1)]
        _at_once(*((text, {"names": spread}) for text in halves))
    with step("indexes"):
        _run("ALTER TABLE event ADD PRIMARY KEY (contact_id, event_id, at)", {})
        _run("CREATE INDEX event_by_name ON event (name_id, at)", {})
    signals = _signals()
    with step("roll-ups"):
        _rollups(names, signals, spread)
    with step("analyze"):
        _run("ANALYZE", {})
    _run("RESET ALL", {})
    return Filled(contacts=contacts, events=events, signals=signals)


def _names(now: datetime) -> dict[str, int]:
    from trellis.events.models import EventName

    return {
        name: EventName.objects.create(type=kind, name=name, first_seen=now).pk
        for kind, name, _ in NAMES
    }


def _signals() -> dict[str, int]:
    from trellis.events.models import Signal

    out: dict[str, int] = {}

    def add(key: str, kind: str, name: str, rule: dict[str, object]) -> None:
        signal = Signal.objects.create(
            key=key, name=key, event_type=kind, event_name=name, filter=rule, status="live"
        )
        out[key] = signal.pk

    for kind, name, _ in NAMES:
        add(name.lower().replace(" ", "-"), kind, name, {})
    for n in range(10):
        path = {"field": "prop.path", "op": "eq", "value": f"/p/{n}"}
        add(f"page-{n}", "page", "Page Viewed", {"all": [path]})
    return out


def _rollups(names: dict[str, int], signals: dict[str, int], spread: list[int]) -> None:
    plain = [(names[name], signals[name.lower().replace(" ", "-")]) for _, name, _ in NAMES]
    _run("ALTER TABLE signal_daily DROP CONSTRAINT signal_daily_pkey", {})
    _run(_DAILY, {"names": spread})
    _run("DROP TABLE planned", {})
    _at_once(
        (_PLAIN, {"name_ids": [row[0] for row in plain], "ids": [row[1] for row in plain]}),
        (
            _PAGES,
            {
                "viewed": names["Page Viewed"],
                "pages": [signals[f"page-{n}"] for n in range(10)],
            },
        ),
    )
    _run("DROP TABLE daily", {})
    _run("ALTER TABLE signal_daily ADD PRIMARY KEY (contact_id, signal_id, day)", {})


def _at_once(*statements: tuple[str, dict[str, object]]) -> None:
    """Statements that do not touch the same rows, each on a connection of its own."""

    def work(statement: tuple[str, dict[str, object]]) -> None:
        from django.db import connection

        try:
            _run(f"{_ROOM} {statement[0]}", statement[1])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(statements)) as pool:
        list(pool.map(work, statements))


def _run(text: str, args: dict[str, object]) -> None:
    from trellis.core import db

    db.run(text, args)


class step:
    """Says on stderr what is made and how long it took."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._began
        print(f"  made {self._name} in {took:.1f} s", file=sys.stderr)
