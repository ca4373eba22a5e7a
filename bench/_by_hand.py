"""The limit of ``bench pipeline``: the same work as hand-written SQL for this company only.

Its signals, rules, segments and journeys are written into the statements; it knows no
merges, no clashes, no definitions that change, no reasons and no retries.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bench.company import CITIES, WINDOWS
from trellis.core import clock, db
from trellis.core.ids import event_id_of

_encode = msgspec.json.Encoder().encode

CLAIM = """
DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING facts
"""
SEEN = """
INSERT INTO seen (stamp, event_id, seen_on)
SELECT t.stamp, t.event_id, %s FROM unnest(%s::bigint[], %s::bigint[]) AS t (stamp, event_id)
ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING event_id
"""
LOOK = """
SELECT i.value, i.contact_id FROM unnest(%s::text[]) AS q (value)
JOIN identity AS i ON i.value = q.value AND i.kind = 'anonymous_id'
"""
STRANGERS = """
WITH made AS (
    INSERT INTO contact (known) SELECT false FROM generate_series(1, %s) RETURNING contact_id
), stood AS (
    INSERT INTO standing (contact_id, first_seen, last_seen)
    SELECT contact_id, %s, %s FROM made
), numbered AS (SELECT contact_id, row_number() OVER () AS n FROM made), named AS (
    INSERT INTO identity (value, kind, contact_id)
    SELECT d.value, 'anonymous_id', m.contact_id
    FROM unnest(%s::text[]) WITH ORDINALITY AS d (value, n) JOIN numbered AS m USING (n)
), mirrored AS (
    INSERT INTO contact_identity (contact_id, kind, value)
    SELECT m.contact_id, 'anonymous_id', d.value
    FROM unnest(%s::text[]) WITH ORDINALITY AS d (value, n) JOIN numbered AS m USING (n)
)
SELECT d.value, m.contact_id
FROM unnest(%s::text[]) WITH ORDINALITY AS d (value, n) JOIN numbered AS m USING (n)
"""
SEE = """
UPDATE standing SET last_seen = %s FROM (
    SELECT t.contact_id FROM unnest(%s::bigint[]) AS t (contact_id) ORDER BY 1
) AS q WHERE standing.contact_id = q.contact_id
"""
PROFILE = """
UPDATE contact AS c SET attributes = c.attributes || t.traits
FROM unnest(%s::bigint[], %s::jsonb[]) AS t (contact_id, traits)
WHERE c.contact_id = t.contact_id
"""
COUNT = """
INSERT INTO signal_daily AS d (contact_id, signal_id, day, n, sum, first_at, last_at)
SELECT t.contact_id, t.signal_id, %s, t.n, 0, %s, %s
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS t (contact_id, signal_id, n)
ORDER BY 1, 2
ON CONFLICT (contact_id, signal_id, day) DO UPDATE
SET n = d.n + EXCLUDED.n, last_at = EXCLUDED.last_at
"""
COPY = """
COPY event (contact_id, event_id, at, name_id, epoch, depth, logged_at, props) FROM STDIN
"""
MOVE = """
WITH b AS (
    SELECT d.contact_id, {features}
    FROM signal_daily AS d WHERE d.contact_id = ANY(%(ids)s) GROUP BY d.contact_id
), p AS (
    SELECT c.contact_id, c.known, c.city, s.temperature AS was,
        (c.attributes ->> 'revenue')::numeric AS revenue,
        (c.attributes ->> 'employees')::numeric AS employees,
        c.attributes ->> 'industry' AS industry, b.*
    FROM contact AS c JOIN standing AS s USING (contact_id)
    LEFT JOIN b ON b.contact_id = c.contact_id
    WHERE c.contact_id = ANY(%(ids)s)
), v AS (
    SELECT p.*, {fit} AS fit, {engagement} AS engagement, {fit} + {engagement} AS score FROM p
), m AS (
    SELECT contact_id, array_agg(segment_id ORDER BY segment_id) AS ids FROM membership
    WHERE contact_id = ANY(%(ids)s) GROUP BY contact_id
), now AS (
    SELECT v.contact_id, v.was, v.fit, v.engagement, v.score,
        CASE WHEN v.score >= 50 THEN 'hot' WHEN v.score >= 20 THEN 'warm' ELSE 'cold' END AS t,
        coalesce(m.ids, '{{}}') AS before, array_remove(ARRAY[{segments}]::int[], NULL) AS after
    FROM v LEFT JOIN m ON m.contact_id = v.contact_id
), put AS (
    UPDATE standing AS s SET demographic = now.fit, engagement = now.engagement,
        score = now.score, temperature = now.t
    FROM now WHERE s.contact_id = now.contact_id
        AND (s.score, s.temperature) IS DISTINCT FROM (now.score, now.t)
), entered AS (
    INSERT INTO membership (contact_id, segment_id, since)
    SELECT now.contact_id, e.id, %(now)s FROM now, unnest(now.after) AS e (id)
    WHERE e.id <> ALL(now.before) RETURNING contact_id, segment_id
), gone AS (
    DELETE FROM membership AS x USING now
    WHERE x.contact_id = now.contact_id AND x.segment_id = ANY(now.before)
        AND x.segment_id <> ALL(now.after) RETURNING x.contact_id, x.segment_id
)
SELECT contact_id, 'Segment Entered', segment_id FROM entered
UNION ALL SELECT contact_id, 'Segment Left', segment_id FROM gone
UNION ALL SELECT contact_id, 'Temperature Changed', 0 FROM now WHERE was <> t
"""
ENROL = """
INSERT INTO enrolment (contact_id, journey_id, version_id, live_key, state, step, slot, wake_at,
    entered_at, step_since, entry)
SELECT DISTINCT ON (t.contact_id, t.journey_id) t.contact_id, t.journey_id, t.journey_id,
    t.journey_id, 'waiting', 'pause', t.contact_id %% 64, %s, %s, %s, '{}'
FROM unnest(%s::bigint[], %s::int[]) AS t (contact_id, journey_id)
ON CONFLICT DO NOTHING
"""


class ByHand:
    """The pipeline of one company; ``run`` works one batch off the inbox."""

    def __init__(self, signals: dict[str, int]) -> None:
        from trellis.events import catalogue
        from trellis.journeys.models import Journey
        from trellis.segments.models import Segment

        self.signals = signals
        told = [
            ("system", n) for n in ("Segment Entered", "Segment Left", "Temperature Changed")
        ]
        self.names = catalogue.numbers([*_all_names(), *told], clock.now())
        segments = dict(Segment.objects.values_list("key", "pk"))
        self.segments = [segments[f"seg-{n}"] for n in range(50)]
        journeys = dict(Journey.objects.values_list("key", "pk"))
        self.journeys = [journeys[f"j{n}"] for n in range(20)]
        self.move = _move(signals, self.segments)
        self.rows = 20

    def run(self) -> int:
        """Claim, decide and record one batch in one transaction; returns its facts."""
        from django.db import transaction

        from trellis.events import types

        with transaction.atomic():
            facts = [
                fact
                for (data,) in db.fetch(CLAIM, [self.rows])
                for fact in types.decoder.decode(bytes(data))
            ]
            if facts:
                self._advance(facts, clock.now())
        return len(facts)

    def _advance(self, facts: list[Any], now: datetime) -> None:
        numbers = [event_id_of(fact.message_id) for fact in facts]
        stamps = [fact.stamp for fact in facts]
        new = {n for (n,) in db.fetch(SEEN, [now.date(), stamps, numbers])}
        people = self._people([fact.ids[-1][1] for fact in facts], now)
        rows = [
            (people[fact.ids[-1][1]], number, fact)
            for number, fact in zip(numbers, facts, strict=True)
            if number in new
        ]
        db.run(SEE, [now, sorted(set(people.values()))])
        self._log([(c, n, (f.type, f.name), f.at, f.props) for c, n, f in rows], now)
        said = {contact: fact.traits for contact, _, fact in rows if fact.traits}
        traits = [_encode(value).decode() for value in said.values()]
        db.run(PROFILE, [list(said), traits])
        self._count(rows, now)
        moved = db.fetch(self.move, self._windows(now, sorted(set(people.values()))))
        self._enrol(rows, moved, now)
        self._log(
            [
                (c, event_id_of(f"{c}-{name}-{ref}-{now}"), ("system", name), now.timestamp(),
                 {"segment_id": ref})
                for c, name, ref in moved
            ],
            now,
        )  # fmt: skip

    def _people(self, devices: list[str], now: datetime) -> dict[str, int]:
        wanted = sorted(set(devices))
        found = dict(db.fetch(LOOK, [wanted]))
        strangers = [value for value in wanted if value not in found]
        if strangers:
            args = [len(strangers), now, now, strangers, strangers, strangers]
            found.update(db.fetch(STRANGERS, args))
        return found

    def _log(self, rows: list[tuple[Any, ...]], now: datetime) -> None:
        from django.db import connection

        if not rows:
            return
        lines = [
            f"{contact}\t{number}\t{datetime.fromtimestamp(at, UTC).isoformat()}"
            f"\t{self.names[name]}\t1\t0\t{now.isoformat()}\t".encode()
            + _encode(props)
            for contact, number, name, at, props in rows
        ]
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write(b"\n".join(lines))

    def _count(self, rows: list[tuple[int, int, Any]], now: datetime) -> None:
        sums: Counter[tuple[int, int]] = Counter()
        for contact, _, fact in rows:
            signal = self.signals.get(fact.name.lower().replace(" ", "-"))
            if signal is not None:
                sums[contact, signal] += 1
            if fact.type == "page" and int(fact.props["path"][3:]) < 10:
                sums[contact, self.signals[f"page-{fact.props['path'][3:]}"]] += 1
        columns = [[k[0] for k in sums], [k[1] for k in sums], list(sums.values())]
        db.run(COUNT, [now.date(), now, now, *columns])

    def _windows(self, now: datetime, ids: list[int]) -> dict[str, Any]:
        days = {f"d{n}": now.date() - timedelta(days=n) for n in (7, 14, 30, 60)}
        return {"ids": ids, "now": now, "today": now.date(), **days}

    def _enrol(
        self, rows: list[tuple[int, int, Any]], moved: list[tuple[Any, ...]], now: datetime
    ) -> None:
        pairs = [
            (contact, self.journeys[n])
            for contact, _, fact in rows
            if fact.name == "Form Started"
            for n in range(20)
            if fact.props["path"] == f"/p/{n % 16}"
        ]
        place = {segment: n for n, segment in enumerate(self.segments[:20])}
        pairs += [
            (contact, self.journeys[place[ref]])
            for contact, name, ref in moved
            if name == "Segment Entered" and ref in place
        ]
        if pairs:
            wake = now + timedelta(days=2)
            args = [wake, now, now, [c for c, _ in pairs], [j for _, j in pairs]]
            db.run(ENROL, args)


def _all_names() -> list[tuple[str, str]]:
    from bench.data import NAMES

    return [*((kind, name) for kind, name, _ in NAMES), ("identify", "Identified")]


def _n(signals: dict[str, int], key: str, days: int | None) -> str:
    since = f" AND d.day > %(d{days})s" if days else ""
    return f"coalesce(sum(d.n) FILTER (WHERE d.signal_id = {signals[key]}{since}), 0)"


def _move(signals: dict[str, int], ids: list[int]) -> str:
    features = {
        "pages": _n(signals, "page-viewed", 30),
        "prices": _n(signals, "price-list-viewed", 60),
        "articles": _n(signals, "article-read", 60),
        "carts": _n(signals, "added-to-cart", 30),
        "forms": _n(signals, "form-started", 30),
        "one": _n(signals, "page-1", 14),
        "two": _n(signals, "page-2", 14),
        "products": (
            "coalesce(sum(d.n * greatest(0, 30 - (%(today)s - d.day)))"
            f" FILTER (WHERE d.signal_id = {signals['product-viewed']}), 0)"
        ),
    }
    for window in WINDOWS:
        features[f"p{window}"] = _n(signals, "price-list-viewed", window)
        for n in range(10):
            if any(WINDOWS[k % 3] == window and k % 10 == n for k in range(20)):
                features[f"g{n}_{window}"] = _n(signals, f"page-{n}", window)
    rules: list[str] = []
    for n in range(20):
        rules.append(f"city = '{CITIES[n % 5]}' AND g{n % 10}_{WINDOWS[n % 3]} >= {1 + n % 3}")
    for n in range(10):
        rules.append(f"revenue >= {20 * n} AND score >= {5 * n}")
    for n in range(10):
        rules.append(f"p{WINDOWS[n % 3]} >= {1 + n % 4} OR employees > {490 - n}")
    for n in range(10):
        rules.append(f"known AND score > {10 + 4 * n}")
    fit = (
        "CASE WHEN revenue > 100 THEN 10 ELSE 0 END + CASE WHEN city = 'Beijing' THEN 2 ELSE 0"
        " END + CASE WHEN industry = 'food' THEN 5 ELSE 0 END"
        " + CASE WHEN employees >= 250 THEN 3 ELSE 0 END"
    )
    engagement = (
        "coalesce(least(20, pages) + least(20, 10 * prices) + least(10, 2 * articles)"
        " + least(15, round(products / 30.0)) + least(24, 8 * carts) + least(9, 3 * one)"
        " + least(9, 3 * two) + least(10, 5 * forms), 0)::int"
    )
    return MOVE.format(
        features=", ".join(f"{text} AS {name}" for name, text in features.items()),
        fit=fit,
        engagement=engagement,
        segments=", ".join(
            f"CASE WHEN {rule} THEN {id_} END" for rule, id_ in zip(rules, ids, strict=True)
        ),
    ).replace("b.*", ", ".join(f"b.{name}" for name in features))
