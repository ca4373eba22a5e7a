-- name: reached
-- Of the leads that first came into a line within a time (the cohort), how many ever reached
-- at least each stage's rank, and how they stand now.
WITH cohort AS (
    SELECT m.contact_id
    FROM stage_move m
    WHERE m.line_id = %(line)s
    GROUP BY m.contact_id
    HAVING min(m.at) >= %(since)s AND min(m.at) < %(until)s
), furthest AS (
    SELECT m.contact_id, max(r.rank) AS rank
    FROM stage_move m
    JOIN cohort c ON c.contact_id = m.contact_id
    JOIN unnest(%(stages)s::int[], %(ranks)s::int[]) AS r (stage_id, rank)
        ON r.stage_id = m.to_stage_id
    WHERE m.line_id = %(line)s
    GROUP BY m.contact_id
)
SELECT f.rank, count(*)::bigint, count(*) FILTER (WHERE l.outcome = 'lost')::bigint,
    count(*) FILTER (WHERE l.outcome = 'disqualified')::bigint
FROM furthest f
LEFT JOIN lead l ON l.contact_id = f.contact_id AND l.line_id = %(line)s
GROUP BY f.rank
