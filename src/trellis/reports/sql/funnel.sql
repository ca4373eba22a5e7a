-- name: who
-- Only members of a segment.
AND EXISTS (SELECT 1 FROM membership AS m
    WHERE m.contact_id = d.contact_id AND m.segment_id = %(segment)s)

-- name: first_signal
-- Who did the first step in the period, and when first.
SELECT d.contact_id, min(d.first_at) AS t{number} FROM signal_daily AS d
WHERE d.signal_id = %(signal_{number})s AND d.day BETWEEN %(since)s AND %(until)s {who}
GROUP BY d.contact_id

-- name: first_stage
-- Who reached the first stage in the period, and when first.
SELECT d.contact_id, min(d.at) AS t{number} FROM stage_move AS d
WHERE d.to_stage_id = ANY(%(stages_{number})s) AND d.at >= %(from_at)s AND d.at < %(to_at)s {who}
GROUP BY d.contact_id

-- name: next_signal
-- Everybody of the step before, and when they first did the next one at or after it; a day's
-- roll-up knows its first and last time.
SELECT p.contact_id, {kept},
    min(CASE WHEN d.first_at >= {last} THEN d.first_at ELSE d.last_at END) AS t{number}
FROM ({before}) AS p
LEFT JOIN signal_daily AS d ON d.contact_id = p.contact_id
    AND d.signal_id = %(signal_{number})s AND d.last_at >= {last}
GROUP BY p.contact_id, {kept}

-- name: next_stage
-- Everybody of the step before, and when they first reached the stage at or after it.
SELECT p.contact_id, {kept}, min(d.at) AS t{number}
FROM ({before}) AS p
LEFT JOIN stage_move AS d ON d.contact_id = p.contact_id
    AND d.to_stage_id = ANY(%(stages_{number})s) AND d.at >= {last}
GROUP BY p.contact_id, {kept}

-- name: median
-- The median seconds between two steps.
percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM {b} - {a})::float8)

-- name: answer
-- How many reached each step, and how long each took.
SELECT {counted}, {medians} FROM ({all}) AS f
