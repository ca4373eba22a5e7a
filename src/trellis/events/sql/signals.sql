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

-- name: matching
-- Which of the batch's events pass which filters. {signals} is one (id, condition) row per
-- signal, over the event's properties e.props.
SELECT e.i, s.signal_id
FROM unnest(%(i)s::int[], %(name)s::int[], %(props)s::jsonb[]) AS e (i, name, props)
CROSS JOIN LATERAL (VALUES {signals}) AS s (signal_id, hit)
WHERE s.hit

-- name: recount
-- Counts one signal from the log over a range of contacts, for events of earlier epochs
-- than its own (all of them, where the epoch given is the highest). {condition} is its
-- filter and {value} the number it sums.
INSERT INTO signal_daily AS d (contact_id, signal_id, day, n, sum, first_at, last_at)
SELECT
    e.contact_id, %(signal_id)s, (e.at AT TIME ZONE %(zone)s)::date, count(*),
    coalesce(sum({value}), 0), min(e.at), max(e.at)
FROM event AS e
WHERE e.contact_id >= %(from_id)s AND e.contact_id < %(to_id)s
    AND e.name_id = %(name_id)s AND e.epoch < %(epoch)s
    AND ({condition})
GROUP BY e.contact_id, (e.at AT TIME ZONE %(zone)s)::date
ON CONFLICT (contact_id, signal_id, day) DO UPDATE
SET n = d.n + EXCLUDED.n, sum = d.sum + EXCLUDED.sum,
    first_at = least(d.first_at, EXCLUDED.first_at),
    last_at = greatest(d.last_at, EXCLUDED.last_at)
RETURNING d.contact_id
