-- name: sizes
-- How many rows of behaviour each signal has since a day, from the roll-up.
SELECT d.signal_id, sum(d.contacts) FROM signal_day AS d
WHERE d.day > %(since)s GROUP BY d.signal_id

-- name: shares
-- How many people did each signal since a day, the most frequent first.
SELECT d.signal_id, count(DISTINCT d.contact_id) AS n FROM signal_daily AS d
WHERE d.day > %(since)s AND d.contact_id %% %(every)s = 0
GROUP BY d.signal_id ORDER BY n DESC, d.signal_id

-- name: active
-- How many people did anything since a day.
SELECT count(DISTINCT d.contact_id) FROM signal_daily AS d
WHERE d.day > %(since)s AND d.contact_id %% %(every)s = 0

-- name: profiles
-- How many people, and how many known ones, did exactly which of some signals; bit n stands
-- for the n-th of them.
SELECT p.mask, count(*), count(*) FILTER (WHERE c.known)
FROM (
    SELECT d.contact_id,
        bit_or(1 << (array_position(%(signals)s::int[], d.signal_id) - 1)) AS mask
    FROM signal_daily AS d
    WHERE d.day > %(since)s AND d.contact_id %% %(every)s = 0
        AND d.signal_id = ANY(%(signals)s::int[])
    GROUP BY d.contact_id
) AS p
JOIN contact AS c ON c.contact_id = p.contact_id AND c.merged_into IS NULL
GROUP BY p.mask
