-- name: plain
-- Adds what was counted in memory: signals without a filter.
INSERT INTO signal_daily AS d (contact_id, signal_id, day, n, sum, first_at, last_at)
SELECT t.contact_id, t.signal_id, t.day, t.n, t.sum, t.first_at, t.last_at
FROM unnest(
    %s::bigint[], %s::int[], %s::date[], %s::int[], %s::float8[],
    %s::timestamptz[], %s::timestamptz[]
) AS t (contact_id, signal_id, day, n, sum, first_at, last_at)
ORDER BY t.contact_id, t.signal_id, t.day
ON CONFLICT (contact_id, signal_id, day) DO UPDATE
SET n = d.n + EXCLUDED.n, sum = d.sum + EXCLUDED.sum,
    first_at = least(d.first_at, EXCLUDED.first_at),
    last_at = greatest(d.last_at, EXCLUDED.last_at)

-- name: valued
-- Adds what was counted in memory of signals that keep a property.
INSERT INTO signal_daily AS d (
    contact_id, signal_id, day, n, sum, first_at, last_at, high, low, first_value, last_value
)
SELECT t.contact_id, t.signal_id, t.day, t.n, t.sum, t.first_at, t.last_at, t.high, t.low,
    t.first_value, t.last_value
FROM unnest(
    %s::bigint[], %s::int[], %s::date[], %s::int[], %s::float8[], %s::timestamptz[],
    %s::timestamptz[], %s::float8[], %s::float8[], %s::text[], %s::text[]
) AS t (
    contact_id, signal_id, day, n, sum, first_at, last_at, high, low, first_value, last_value
)
ORDER BY t.contact_id, t.signal_id, t.day
ON CONFLICT (contact_id, signal_id, day) DO UPDATE
SET n = d.n + EXCLUDED.n, sum = d.sum + EXCLUDED.sum,
    first_at = least(d.first_at, EXCLUDED.first_at),
    last_at = greatest(d.last_at, EXCLUDED.last_at),
    high = greatest(d.high, EXCLUDED.high), low = least(d.low, EXCLUDED.low),
    first_value = least(d.first_value, EXCLUDED.first_value),
    last_value = greatest(d.last_value, EXCLUDED.last_value)

-- name: values
-- Notes when each value of a property was said: signals that keep them apart.
INSERT INTO signal_value AS v (contact_id, signal_id, day, value, first_at, last_at)
SELECT t.contact_id, t.signal_id, t.day, t.value, t.first_at, t.last_at
FROM unnest(
    %s::bigint[], %s::int[], %s::date[], %s::text[], %s::timestamptz[], %s::timestamptz[]
) AS t (contact_id, signal_id, day, value, first_at, last_at)
ORDER BY t.contact_id, t.signal_id, t.day, t.value
ON CONFLICT (contact_id, signal_id, day, value) DO UPDATE
SET first_at = least(v.first_at, EXCLUDED.first_at),
    last_at = greatest(v.last_at, EXCLUDED.last_at)

-- name: matching
-- Which of the batch's events pass which filters. {signals} is one (id, condition) row per
-- signal, over the event's properties e.props.
SELECT e.i, s.signal_id
FROM unnest(%(i)s::int[], %(name)s::int[], %(props)s::jsonb[]) AS e (i, name, props)
CROSS JOIN LATERAL (VALUES {signals}) AS s (signal_id, hit)
WHERE s.hit

-- name: fill
-- Back-fill: counts one signal from the log over a span of time, for events of earlier
-- epochs than its own. {condition} is its filter and {value} the number it sums.
INSERT INTO signal_daily AS d (
    contact_id, signal_id, day, n, sum, first_at, last_at, high, low, first_value, last_value
)
SELECT
    e.contact_id, %(signal_id)s, (e.at AT TIME ZONE %(zone)s)::date, count(*),
    coalesce(sum({value}), 0), min(e.at), max(e.at), max({value}), min({value}),
    min({said}), max({said})
FROM event AS e
WHERE e.name_id = %(name_id)s AND e.at >= %(from_at)s AND e.at < %(to_at)s
    AND e.epoch < %(epoch)s AND ({condition})
GROUP BY e.contact_id, (e.at AT TIME ZONE %(zone)s)::date
ON CONFLICT (contact_id, signal_id, day) DO UPDATE
SET n = d.n + EXCLUDED.n, sum = d.sum + EXCLUDED.sum,
    first_at = least(d.first_at, EXCLUDED.first_at),
    last_at = greatest(d.last_at, EXCLUDED.last_at),
    high = greatest(d.high, EXCLUDED.high), low = least(d.low, EXCLUDED.low),
    first_value = least(d.first_value, EXCLUDED.first_value),
    last_value = greatest(d.last_value, EXCLUDED.last_value)

-- name: fill_values
-- Back-fill of the values that a signal keeps apart, over the same span of time. ``values`` are
-- those of an event.
INSERT INTO signal_value AS v (contact_id, signal_id, day, value, first_at, last_at)
SELECT e.contact_id, %(signal_id)s, (e.at AT TIME ZONE %(zone)s)::date, x.value,
    min(e.at), max(e.at)
FROM event AS e
CROSS JOIN LATERAL ({values}) AS x
WHERE e.name_id = %(name_id)s AND e.at >= %(from_at)s AND e.at < %(to_at)s
    AND e.epoch < %(epoch)s AND ({condition})
GROUP BY e.contact_id, (e.at AT TIME ZONE %(zone)s)::date, x.value
ON CONFLICT (contact_id, signal_id, day, value) DO UPDATE
SET first_at = least(v.first_at, EXCLUDED.first_at),
    last_at = greatest(v.last_at, EXCLUDED.last_at)

-- name: recount_values
-- The values that a signal keeps apart, of some contacts, again from the log.
INSERT INTO signal_value AS v (contact_id, signal_id, day, value, first_at, last_at)
SELECT e.contact_id, %(signal_id)s, (e.at AT TIME ZONE %(zone)s)::date, x.value,
    min(e.at), max(e.at)
FROM event AS e
CROSS JOIN LATERAL ({values}) AS x
WHERE e.contact_id = ANY(%(contact_ids)s) AND e.name_id = %(name_id)s
    AND (e.epoch >= %(epoch)s OR e.at < %(filled_to)s)
    AND (e.at AT TIME ZONE %(zone)s)::date >= %(first_day)s
    AND ({condition})
GROUP BY e.contact_id, (e.at AT TIME ZONE %(zone)s)::date, x.value
ON CONFLICT (contact_id, signal_id, day, value) DO UPDATE
SET first_at = EXCLUDED.first_at, last_at = EXCLUDED.last_at

-- name: each
-- The values of a property of an event, as ``counting.values_of`` reads them.
SELECT DISTINCT left(t.v #>> '{}', 200) COLLATE "C" AS value
FROM jsonb_array_elements(
    CASE
        WHEN e.props ? %(prop)s THEN CASE jsonb_typeof(e.props -> %(prop)s)
            WHEN 'array' THEN e.props -> %(prop)s
            ELSE jsonb_build_array(e.props -> %(prop)s) END
        WHEN jsonb_typeof(e.props -> 'products') = 'array' THEN (
            SELECT coalesce(jsonb_agg(p.v -> %(prop)s ORDER BY p.n), '[]')
            FROM jsonb_array_elements(e.props -> 'products') WITH ORDINALITY AS p (v, n)
        )
        ELSE '[]'
    END
) WITH ORDINALITY AS t (v, n)
WHERE t.n <= %(most)s AND jsonb_typeof(t.v) IN ('string', 'number', 'boolean')
    AND t.v #>> '{}' <> ''

-- name: wipe
-- Roll-ups of contacts that are about to be counted again from the log.
DELETE FROM signal_daily WHERE contact_id = ANY(%(contact_ids)s) AND day >= %(first_day)s

-- name: wipe_values
-- And the values kept apart of them.
DELETE FROM signal_value WHERE contact_id = ANY(%(contact_ids)s) AND day >= %(first_day)s

-- name: recount
-- Counts one signal of some contacts from the log: what its back-fill and the batches since
-- have counted, and nothing twice.
INSERT INTO signal_daily AS d (
    contact_id, signal_id, day, n, sum, first_at, last_at, high, low, first_value, last_value
)
SELECT
    e.contact_id, %(signal_id)s, (e.at AT TIME ZONE %(zone)s)::date, count(*),
    coalesce(sum({value}), 0), min(e.at), max(e.at), max({value}), min({value}),
    min({said}), max({said})
FROM event AS e
WHERE e.contact_id = ANY(%(contact_ids)s) AND e.name_id = %(name_id)s
    AND (e.epoch >= %(epoch)s OR e.at < %(filled_to)s)
    AND (e.at AT TIME ZONE %(zone)s)::date >= %(first_day)s
    AND ({condition})
GROUP BY e.contact_id, (e.at AT TIME ZONE %(zone)s)::date
ON CONFLICT (contact_id, signal_id, day) DO UPDATE
SET n = EXCLUDED.n, sum = EXCLUDED.sum,
    first_at = EXCLUDED.first_at, last_at = EXCLUDED.last_at,
    high = EXCLUDED.high, low = EXCLUDED.low,
    first_value = EXCLUDED.first_value, last_value = EXCLUDED.last_value

-- name: span
-- From when to when the log holds an event name.
SELECT min(at), max(at) FROM event WHERE name_id = %s

-- name: oldest
-- The oldest event of these contacts.
SELECT min(at) FROM event WHERE contact_id = ANY(%s)

-- name: affected
-- Everybody the signal counts is derived again, by the clock.
UPDATE standing AS s SET next_on = %(today)s
WHERE s.contact_id IN (SELECT contact_id FROM signal_daily WHERE signal_id = %(signal_id)s)
    AND (s.next_on IS NULL OR s.next_on > %(today)s)

-- name: value
-- The number in a property, NULL where it holds none: as ``counting.number_of`` reads it.
CASE
    WHEN jsonb_typeof(e.props -> %(prop)s) = 'number'
        OR (
            jsonb_typeof(e.props -> %(prop)s) = 'string'
            AND (e.props ->> %(prop)s) ~ '^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$'
        )
    THEN CASE
        WHEN abs((e.props ->> %(prop)s)::numeric) <= %(largest)s::numeric
        THEN (e.props ->> %(prop)s)::float8
    END
END

-- name: said
-- A property as text after its time, NULL where it holds none: as ``counting.said_of`` writes it.
CASE WHEN jsonb_typeof(e.props -> %(prop)s) IN ('string', 'number', 'boolean')
        AND e.props ->> %(prop)s <> ''
    THEN to_char(e.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
        || left(e.props ->> %(prop)s, 200) COLLATE "C"
END

-- name: drop
-- All roll-ups of a signal that is counted no longer.
DELETE FROM signal_daily AS d WHERE d.signal_id = %(signal_id)s

-- name: drop_values
-- And the values it kept apart.
DELETE FROM signal_value AS v WHERE v.signal_id = %(signal_id)s

-- name: matches
-- Of the newest events of a name since a time: how many pass the condition of a filter, and
-- how many were looked at.
SELECT count(*) FILTER (WHERE {condition}), count(*) FROM (
    SELECT x.props FROM event AS x
    WHERE x.name_id = %(name_id)s AND x.at >= %(since)s
    ORDER BY x.at DESC LIMIT %(most)s
) AS e

-- name: newest
-- The newest events that pass the condition of a signal, among the newest of their name.
SELECT e.contact_id, e.at, e.props FROM (
    SELECT x.contact_id, x.at, x.props FROM event AS x
    WHERE x.name_id = %(name_id)s ORDER BY x.at DESC LIMIT %(looked)s
) AS e
WHERE {condition}
ORDER BY e.at DESC LIMIT %(most)s

-- name: days
-- Days of a signal whose past was just counted.
INSERT INTO signal_day AS d (signal_id, day, n, contacts)
SELECT s.signal_id, s.day, sum(s.n), count(*)
FROM signal_daily AS s WHERE s.signal_id = %(signal_id)s GROUP BY s.signal_id, s.day
ON CONFLICT (signal_id, day) DO UPDATE SET n = EXCLUDED.n, contacts = EXCLUDED.contacts

-- name: counted
-- For how many contacts a signal was ever counted.
SELECT count(DISTINCT s.contact_id) FROM signal_daily AS s WHERE s.signal_id = %(signal_id)s

-- name: lately
-- Of each signal: times today and in the last days, and when it was last counted.
SELECT d.signal_id, coalesce(sum(d.n) FILTER (WHERE d.day = %(today)s), 0), sum(d.n), max(d.day),
    array_agg(d.n ORDER BY d.day)
FROM signal_day AS d WHERE d.day > %(since)s GROUP BY d.signal_id
