-- name: hold_due
-- Holds the contacts of runs whose time has come. Reads along the index of timers, stops at
-- the limit, and takes the contacts in one order.
WITH due AS (
    SELECT e.contact_id
    FROM enrolment AS e
    WHERE e.slot = ANY(%s) AND e.wake_at <= %s
    ORDER BY e.slot, e.wake_at
    LIMIT %s
)
UPDATE standing AS s
SET last_seen = s.last_seen
FROM (SELECT DISTINCT due.contact_id FROM due ORDER BY due.contact_id) AS q
WHERE s.contact_id = q.contact_id
RETURNING s.contact_id

-- name: hold
-- Whoever moves a run holds its contact's standing, as batches of events do, in one order.
UPDATE standing AS s
SET last_seen = s.last_seen
FROM (
    SELECT t.contact_id FROM unnest(%s::bigint[]) AS t (contact_id) ORDER BY t.contact_id
) AS q
WHERE s.contact_id = q.contact_id
RETURNING s.contact_id

-- name: take_due
-- The due runs of these contacts as they stand now that the contacts are held: whatever
-- another worker moved meanwhile is due no more.
SELECT e.contact_id, e.enrolment_id, e.journey_id, e.version_id, e.step, e.state,
    (extract(epoch FROM e.step_since) * 1000000)::bigint, e.hops, e.visits::text, e.entry ? 'props',
    e.live_key
FROM enrolment AS e
WHERE e.contact_id = ANY(%s::bigint[]) AND e.wake_at <= %s

-- name: open_of
-- The open runs of these contacts in these journeys.
SELECT e.contact_id, e.enrolment_id, e.journey_id, e.version_id, e.step, e.state,
    (extract(epoch FROM e.step_since) * 1000000)::bigint, e.hops, e.visits::text, e.entry ? 'props',
    e.live_key
FROM enrolment AS e
WHERE e.contact_id = ANY(%s::bigint[]) AND e.live_key = ANY(%s::bigint[])

-- name: history
-- For re-entry: whether these contacts are in these journeys, and when they last left.
SELECT e.contact_id, e.journey_id, bool_or(e.live_key IS NOT NULL), max(e.ended_at)
FROM enrolment AS e
WHERE e.contact_id = ANY(%s::bigint[]) AND e.journey_id = ANY(%s::int[])
GROUP BY e.contact_id, e.journey_id

-- name: new_ids
-- Numbers for new runs, so that each row is written once, where the run comes to rest.
SELECT nextval('enrolment_id_seq') FROM generate_series(1, %s)

-- name: add
-- New runs, where they came to rest.
INSERT INTO enrolment AS e
    (contact_id, enrolment_id, journey_id, version_id, live_key, state, step, slot, wake_at,
     entered_at, step_since, ended_at, outcome, reason, entry, visits, hops)
SELECT t.contact_id, t.enrolment_id, t.journey_id, t.version_id,
    CASE WHEN g.ended_at IS NULL THEN t.journey_id END, g.state, g.step,
    t.slot, g.wake_at, %(now)s, %(now)s, g.ended_at, g.outcome, g.reason,
    t.entry, t.visits, t.hops
FROM unnest(%(contact_ids)s::bigint[], %(enrolment_ids)s::bigint[], %(journey_ids)s::int[],
    %(version_ids)s::bigint[], %(slots)s::smallint[], %(hops)s::int[], %(entries)s::jsonb[],
    %(visits)s::jsonb[], %(groups)s::int[])
    AS t (contact_id, enrolment_id, journey_id, version_id, slot, hops, entry, visits, g)
JOIN unnest(%(g)s::int[], %(state)s::text[], %(step)s::text[], %(wake_at)s::timestamptz[],
    %(ended_at)s::timestamptz[], %(outcome)s::text[], %(reason)s::text[])
    AS g (g, state, step, wake_at, ended_at, outcome, reason) ON g.g = t.g

-- name: settle
-- Where runs came to rest: parked, held or ended. Rows of one group rest alike.
UPDATE enrolment AS e
SET state = g.state, step = g.step, wake_at = g.wake_at,
    step_since = coalesce(g.since, e.step_since), hops = t.hops,
    live_key = CASE WHEN g.ended_at IS NULL THEN e.live_key END,
    ended_at = g.ended_at, outcome = g.outcome, reason = g.reason
FROM unnest(%(contact_ids)s::bigint[], %(enrolment_ids)s::bigint[], %(hops)s::int[],
    %(groups)s::int[]) AS t (contact_id, enrolment_id, hops, g)
JOIN unnest(%(g)s::int[], %(state)s::text[], %(step)s::text[], %(wake_at)s::timestamptz[],
    %(since)s::timestamptz[], %(ended_at)s::timestamptz[], %(outcome)s::text[],
    %(reason)s::text[])
    AS g (g, state, step, wake_at, since, ended_at, outcome, reason) ON g.g = t.g
WHERE e.contact_id = t.contact_id AND e.enrolment_id = t.enrolment_id

-- name: visits
-- How often runs took their jumps; only those that jumped.
UPDATE enrolment AS e
SET visits = t.visits
FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[]) AS t (contact_id, enrolment_id, visits)
WHERE e.contact_id = t.contact_id AND e.enrolment_id = t.enrolment_id

-- name: own
-- After a merge: the older of two runs gets the place in the journey.
UPDATE enrolment AS e
SET live_key = e.journey_id
FROM unnest(%s::bigint[], %s::bigint[]) AS t (contact_id, enrolment_id)
WHERE e.contact_id = t.contact_id AND e.enrolment_id = t.enrolment_id AND e.live_key < 0

-- name: passes
-- The path: one row for each step a run passed.
COPY step_pass (contact_id, enrolment_id, seq, journey_id, version_id, step, kind, outcome,
    reason, at) FROM STDIN

-- name: count
-- Counts by difference, in one order so that writers never wait in a circle.
INSERT INTO step_count AS c (version_id, step, outcome, slot, n)
SELECT t.version_id, t.step, t.outcome, %s, t.n
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[])
    AS t (version_id, step, outcome, n)
ON CONFLICT (version_id, step, outcome, slot) DO UPDATE SET n = c.n + EXCLUDED.n

-- name: events
-- The properties of the events that brought these runs in.
SELECT e.enrolment_id, (e.entry -> 'props')::text
FROM enrolment AS e
WHERE e.contact_id = ANY(%s::bigint[]) AND e.enrolment_id = ANY(%s::bigint[])

-- name: zones
-- The time zones of contacts that have one.
SELECT c.contact_id, c.time_zone FROM contact AS c
WHERE c.contact_id = ANY(%s::bigint[]) AND c.time_zone <> ''

-- name: wake
-- Lets the open runs of a journey in one slot decide at the next tick.
UPDATE enrolment AS e
SET wake_at = %(now)s
WHERE e.journey_id = %(journey_id)s AND e.slot = %(slot)s AND e.live_key IS NOT NULL

-- name: waiting
-- Open runs of earlier versions at these steps.
SELECT e.contact_id, e.enrolment_id
FROM enrolment AS e
WHERE e.journey_id = %s AND e.version_id <> %s AND e.step = ANY(%s) AND e.live_key IS NOT NULL
LIMIT %s

-- name: move
-- Takes runs over to another version; they decide there at the next tick.
UPDATE enrolment AS e
SET version_id = %(version_id)s, step = t.step, state = t.state, wake_at = %(now)s,
    step_since = CASE WHEN t.state = 'waiting' THEN e.step_since ELSE %(now)s END
FROM unnest(%(contact_ids)s::bigint[], %(enrolment_ids)s::bigint[], %(steps)s::text[],
    %(states)s::text[]) AS t (contact_id, enrolment_id, step, state)
WHERE e.contact_id = t.contact_id AND e.enrolment_id = t.enrolment_id
