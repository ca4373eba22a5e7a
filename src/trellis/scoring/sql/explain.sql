-- name: days
-- What one contact did, by signal and day, the latest days first.
SELECT d.signal_id, d.day, d.n, d.sum
FROM signal_daily d
WHERE d.contact_id = %(contact)s AND d.signal_id = ANY(%(signals)s::int[])
ORDER BY d.signal_id, d.day DESC

-- name: stored_other
-- The score that another model than the default one wrote.
SELECT x.score, x.temperature, x.grade, x.demographic, x.interest, x.engagement
FROM score x
WHERE x.contact_id = %(contact)s AND x.model_id = %(model)s
