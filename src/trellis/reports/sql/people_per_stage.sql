-- name: flows
-- Who came into each stage and who left it, by period: each move against the one before it
-- of the same person, so that merged histories and moves at the same time count once.
WITH step AS (
    SELECT date_trunc(%(step)s, m.at AT TIME ZONE %(zone)s)::date AS period, m.to_stage_id,
        lag(m.to_stage_id) OVER (PARTITION BY m.contact_id ORDER BY m.at, m.move_id) AS before
    FROM stage_move m
    WHERE m.line_id = %(line)s
)
SELECT s.period, v.stage_id, sum(v.n)::bigint
FROM step s
CROSS JOIN LATERAL (VALUES (s.to_stage_id, 1), (s.before, -1)) AS v (stage_id, n)
WHERE s.before IS DISTINCT FROM s.to_stage_id AND v.stage_id IS NOT NULL
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
