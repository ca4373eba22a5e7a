"""Moving due runs: each wakes from a wait, passes a branch, and half of them ask to send,
before all park in the next wait.

The limit is hand-written SQL that does the same to other slots of the same table: one
statement per batch that claims, evaluates the branch, moves, and writes path and messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench.base import Result, instance

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
BATCH = 5_000
STEPS = """
key: bench
name: Bench
exit: {field: contact.country, op: eq, value: nowhere}
steps:
  - {id: pause, wait: {for: 1 day}}
  - id: split
    branch:
      - name: pastry
        when: {field: attr.topic, op: eq, value: pastry}
        steps:
          - {id: mail, send: {template: bench}}
      - name: otherwise
        steps:
          - {id: other, wait: {for: 1 day}}
  - {id: rest, wait: {for: 1 day}}
"""

PEOPLE = """
INSERT INTO contact (known, email, country, attributes)
SELECT true, 'p' || n || '@example.com', 'es',
    jsonb_build_object('topic', CASE WHEN n %% 2 = 0 THEN 'pastry' ELSE 'bread' END, 'n', n)
FROM generate_series(1, %(contacts)s) AS n;
INSERT INTO standing (contact_id, first_seen, last_seen)
SELECT contact_id, %(now)s, %(now)s FROM contact;
"""

RUNS = """
INSERT INTO enrolment (contact_id, journey_id, version_id, live_key, state, step, slot,
    wake_at, entered_at, step_since, entry)
SELECT contact_id, %(journey)s, %(version)s, %(journey)s, 'waiting', 'pause', contact_id %% 64,
    %(now)s - interval '1 hour' * random(), %(now)s, %(now)s - interval '2 days', '{}'
FROM contact ORDER BY contact_id %% 1009 LIMIT %(runs)s
"""

BY_HAND = """
WITH due AS (
    SELECT contact_id, enrolment_id FROM enrolment
    WHERE slot = ANY(%(slots)s) AND wake_at <= %(now)s
    ORDER BY slot, wake_at LIMIT %(limit)s
), held AS (
    UPDATE standing s SET last_seen = s.last_seen FROM due
    WHERE s.contact_id = due.contact_id RETURNING s.contact_id
), moved AS (
    UPDATE enrolment e
    SET step = CASE WHEN c.attributes->>'topic' = 'pastry' THEN 'rest' ELSE 'other' END,
        wake_at = %(next)s, step_since = %(now)s,
        hops = e.hops + CASE WHEN c.attributes->>'topic' = 'pastry' THEN 3 ELSE 2 END
    FROM due JOIN held USING (contact_id) JOIN contact c USING (contact_id)
    WHERE e.contact_id = due.contact_id AND e.enrolment_id = due.enrolment_id
        AND e.wake_at <= %(now)s AND c.country <> 'nowhere'
    RETURNING e.contact_id, e.enrolment_id, e.hops, e.step = 'rest' AS sweet
), passed AS (
    INSERT INTO step_pass
        (contact_id, enrolment_id, seq, journey_id, version_id, step, kind, outcome, reason, at)
    SELECT m.contact_id, m.enrolment_id, t.seq, %(journey)s, %(version)s, t.step, t.kind,
        CASE WHEN t.step = 'split' AND NOT m.sweet THEN 'otherwise' ELSE t.outcome END,
        t.reason, %(now)s
    FROM moved m CROSS JOIN (VALUES
        (0, 'pause', 'wait', 'passed', 'time'), (1, 'split', 'branch', 'pastry', 'rule'),
        (2, 'mail', 'send', 'requested', 'bench')) AS t (seq, step, kind, outcome, reason)
    WHERE t.seq < 2 OR m.sweet
), asked AS (
    INSERT INTO message (contact_id, slot, cause, channel, purpose, template_version_id,
        journey_id, state, wake_at, expires_at, created_at, params)
    SELECT contact_id, contact_id %% 64, 'journey:' || enrolment_id || ':mail:2', 'email',
        'marketing', %(template)s, %(journey)s, 'queued', %(now)s, %(next)s, %(now)s,
        '{"event": {}}'
    FROM moved WHERE sweet
    ON CONFLICT (contact_id, cause) DO NOTHING
)
SELECT count(*) FROM moved
"""


def run(small: bool) -> list[Result]:
    """Runs moved per second, and the same by hand."""
    contacts, runs = (50_000, 40_000) if small else (1_000_000, 400_000)
    with instance():
        from django.db import connection, transaction

        from trellis.journeys import engine

        ids = _fill(contacts, runs)
        args = {**ids, "now": NOW, "next": NOW + timedelta(days=1), "limit": BATCH}

        def by_hand(slots: list[int]) -> int:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(BY_HAND, {**args, "slots": slots})
                row = cursor.fetchone()
            assert row is not None, "count(*) has a row"
            return int(row[0])

        # A quarter of the slots each, in turn, so that neither meets a fresher table.
        spent = [0.0, 0.0]
        moved = [0, 0]
        for turn in range(8):
            slots = list(range(turn * 8, turn * 8 + 8))
            work = by_hand if turn % 2 else (lambda s: engine.run_due(s, NOW, BATCH))
            n, seconds = _drain(work, slots)
            moved[turn % 2] += n
            spent[turn % 2] += seconds
        figure, limit = moved[0] / spent[0], moved[1] / spent[1]
    return [
        Result(
            name="journeys: due runs moved",
            figure=figure,
            unit="runs/s",
            limit=limit,
            ratio=figure / limit,
            contacts=contacts,
        ),
        Result(
            name="journeys: steps passed",
            figure=figure * 2.5,
            unit="steps/s",
            limit=limit * 2.5,
            ratio=figure / limit,
            contacts=contacts,
        ),
    ]


def _drain(work: Callable[[list[int]], int], slots: list[int]) -> tuple[int, float]:
    started = time.perf_counter()
    total = 0
    while taken := work(slots):
        total += taken
    return total, time.perf_counter() - started


def _fill(contacts: int, runs: int) -> dict[str, int]:
    from django.db import connection

    from trellis.accounts.types import SYSTEM
    from trellis.journeys import actions
    from trellis.messaging.models import Template, TemplateVersion
    from trellis.people.models import Attribute

    Attribute.objects.create(key="topic", label="Topic", type="text")
    template = Template.objects.create(key="bench", name="Bench", version=1)
    content = TemplateVersion.objects.create(template=template, number=1, variants={"": {}})
    journey = actions.create(SYSTEM, STEPS)
    version = actions.publish(SYSTEM, journey.id)
    ids = {"journey": journey.id, "version": version.id, "template": content.id}
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"contacts": contacts, "now": NOW})
        cursor.execute(RUNS, {**ids, "now": NOW, "runs": runs})
        cursor.execute("ANALYZE contact, standing, enrolment")
    return ids
