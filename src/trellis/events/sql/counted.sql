-- name: of_contact
-- The signals of one contact, the most frequent first, each with its days since a day.
SELECT
    g.key, g.name, g.bucket, sum(d.n), max(d.last_at),
    array_agg(d.day) FILTER (WHERE d.day >= %(since)s)
FROM signal_daily AS d JOIN signal AS g ON g.id = d.signal_id
WHERE d.contact_id = %(id)s
GROUP BY g.key, g.name, g.bucket
ORDER BY 4 DESC, g.name
