-- name: flows
-- Who came into each stage and who left it, by period: each move against the one before it
-- of the same person, so that merged histories and moves at the same time count once. Who
-- is lost or disqualified stands in no stage.
WITH place AS (
    SELECT m.contact_id, m.move_id, m.at,
        CASE WHEN m.outcome IN ('', 'won') THEN m.to_stage_id END AS stage_id
    FROM stage_move m
    WHERE m.line_id = %(line)s
), step AS (
    SELECT date_trunc(%(step)s, p.at AT TIME ZONE %(zone)s)::date AS period, p.stage_id,
        lag(p.stage_id) OVER (PARTITION BY p.contact_id ORDER BY p.at, p.move_id) AS before
    FROM place p
)
SELECT s.period, v.stage_id, sum(v.n)::bigint
FROM step s
CROSS JOIN LATERAL (VALUES (s.stage_id, 1), (s.before, -1)) AS v (stage_id, n)
WHERE s.before IS DISTINCT FROM s.stage_id AND v.stage_id IS NOT NULL
GROUP BY s.period, v.stage_id

-- name: visitors
-- How many visitors came, by period, and how many of them became known (a lead) later.
SELECT date_trunc(%(step)s, c.created_at AT TIME ZONE %(zone)s)::date, count(*)::bigint
FROM contact c
WHERE c.merged_into IS NULL
GROUP BY 1
UNION ALL
SELECT date_trunc(%(step)s, l.created_at AT TIME ZONE %(zone)s)::date, -count(*)::bigint
FROM lead l
WHERE l.line_id = %(line)s
GROUP BY 1
