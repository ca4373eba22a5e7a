-- name: days
-- The newest days on which the score of a contact changed by a model.
SELECT d.day, d.score, d.temperature, d.demographic, d.interest, d.engagement
FROM score_day d
WHERE d.contact_id = %(contact)s AND d.model_id = %(model)s
ORDER BY d.day DESC
LIMIT %(most)s

-- name: done
-- What signals counted of a contact on some days, the most first.
SELECT d.day, d.signal_id, d.n
FROM signal_daily d
WHERE d.contact_id = %(contact)s AND d.day = ANY(%(days)s::date[])
ORDER BY d.day, d.n DESC, d.signal_id
