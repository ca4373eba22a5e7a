-- name: days
-- The newest days on which the score of a contact changed by a model.
SELECT d.day, d.score, d.temperature, d.demographic, d.interest, d.engagement
FROM score_day d
WHERE d.contact_id = %(contact)s AND d.model_id = %(model)s
ORDER BY d.day DESC
LIMIT %(most)s

-- name: done
-- What signals counted of a contact on some days, the most first; the signals are few and
-- the same everywhere, so that their names are joined to the days.
SELECT d.day, g.name, d.n
FROM signal_daily d
JOIN signal g ON g.id = d.signal_id
WHERE d.contact_id = %(contact)s AND d.day = ANY(%(days)s::date[])
ORDER BY d.day, d.n DESC, d.signal_id

-- name: thin
-- Forgets, of a stretch of contacts, the days before a day; what held on it stays, because a
-- score holds until the next row.
DELETE FROM score_day AS d
WHERE d.contact_id BETWEEN %(low)s AND %(high)s AND d.day < %(before)s
    AND EXISTS (
        SELECT 1 FROM score_day AS n
        WHERE n.contact_id = d.contact_id AND n.model_id = d.model_id
            AND n.day > d.day AND n.day <= %(before)s
    )
