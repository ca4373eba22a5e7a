-- name: written
-- From which day on days are to be written: the last written one, else that of the oldest move.
SELECT coalesce(
    (SELECT max(d.day) FROM segment_day AS d),
    (SELECT min(v.at AT TIME ZONE %(zone)s)::date FROM segment_move AS v)
)

-- name: write
-- Size, came and went of every segment for some days, oldest first; sizes are counted back
-- from the present ones by the moves since.
INSERT INTO segment_day AS d (segment_id, day, size, came, went)
SELECT g.id, t.day,
    greatest(0, g.size - coalesce(sum(coalesce(x.came, 0) - coalesce(x.went, 0)) OVER (
        PARTITION BY g.id ORDER BY t.day DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0)),
    coalesce(x.came, 0), coalesce(x.went, 0)
FROM segment AS g
CROSS JOIN unnest(%(days)s::date[]) AS t (day)
LEFT JOIN (
    SELECT s.id, (v.at AT TIME ZONE %(zone)s)::date AS day,
        count(*) FILTER (WHERE v.entered) AS came,
        count(*) FILTER (WHERE NOT v.entered) AS went
    FROM segment AS s
    JOIN segment_move AS v ON v.segment_id = s.id AND v.at >= %(since)s
    GROUP BY s.id, (v.at AT TIME ZONE %(zone)s)::date
) AS x ON x.id = g.id AND x.day = t.day
WHERE g.archived_at IS NULL AND (g.created_at AT TIME ZONE %(zone)s)::date <= t.day
    AND (%(segment)s::bigint IS NULL OR g.id = %(segment)s)
ON CONFLICT (segment_id, day) DO UPDATE
SET size = EXCLUDED.size, came = EXCLUDED.came, went = EXCLUDED.went

-- name: days
-- The days of one segment.
SELECT d.day, d.size, d.came, d.went FROM segment_day AS d
WHERE d.segment_id = %(segment)s AND d.day >= %(since)s ORDER BY d.day

-- name: lately
-- The sizes of some segments in the last days, oldest first, and how they grew.
SELECT d.segment_id, array_agg(d.size ORDER BY d.day), sum(d.came), sum(d.went)
FROM segment_day AS d
WHERE d.segment_id = ANY(%(segments)s) AND d.day >= %(since)s
GROUP BY d.segment_id
