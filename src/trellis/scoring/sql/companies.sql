-- name: note
-- Puts companies on the list of those to be scored again.
INSERT INTO company_due AS d (company_id)
SELECT t.company_id FROM unnest(%s::bigint[]) AS t (company_id)

-- name: take
-- Takes the list.
DELETE FROM company_due AS d RETURNING d.company_id

-- name: refresh
-- Scores companies from their people, where that differs from what stands. {made} is how, {scope} which.
INSERT INTO company_score AS k (company_id, score, people, hot, at)
SELECT c.company_id, greatest(-1000000000, least(1000000000, {made}))::int, count(*),
    count(*) FILTER (WHERE s.temperature = 'hot'), %(now)s
FROM contact c
JOIN standing s ON s.contact_id = c.contact_id
WHERE c.company_id IS NOT NULL AND c.merged_into IS NULL AND {scope}
GROUP BY c.company_id
ON CONFLICT (company_id) DO UPDATE SET
    score = EXCLUDED.score, people = EXCLUDED.people, hot = EXCLUDED.hot, at = EXCLUDED.at
WHERE (k.score, k.people, k.hot) IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.people, EXCLUDED.hot)
RETURNING k.company_id

-- name: forget
-- Companies of which nobody is left.
DELETE FROM company_score AS k
WHERE {scope} AND NOT EXISTS (
    SELECT 1 FROM contact c WHERE c.company_id = k.company_id AND c.merged_into IS NULL
)
RETURNING k.company_id

-- name: wake
-- Makes the people of some companies due, because a rule reads the score of a company.
UPDATE standing AS s SET next_on = %(today)s
FROM (
    SELECT c.contact_id FROM contact c
    WHERE c.company_id = ANY(%(companies)s::bigint[]) AND c.merged_into IS NULL ORDER BY 1
) AS q
WHERE s.contact_id = q.contact_id AND (s.next_on IS NULL OR s.next_on > %(today)s)
