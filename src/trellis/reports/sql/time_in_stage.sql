-- name: spans
-- How long those who moved on, or ended, since a time stood in each stage: how many, the
-- median and the 90th percentile, in seconds.
WITH stay AS (
    SELECT m.to_stage_id AS stage_id, m.at,
        lead(m.at) OVER (PARTITION BY m.contact_id ORDER BY m.at, m.move_id) AS until
    FROM stage_move m
    WHERE m.line_id = %(line)s
)
SELECT s.stage_id, count(*)::bigint,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.until - s.at)),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM s.until - s.at))
FROM stay s
WHERE s.until >= %(since)s
GROUP BY s.stage_id
