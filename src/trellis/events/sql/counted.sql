-- name: of_contact
-- The signals of one contact, the most frequent first.
SELECT g.key, g.name, g.bucket, sum(d.n), max(d.last_at)
FROM signal_daily AS d JOIN signal AS g ON g.id = d.signal_id
WHERE d.contact_id = %(id)s
GROUP BY g.key, g.name, g.bucket
ORDER BY 4 DESC, g.name

-- name: active_days
-- On how many days since one contact did something that a signal counts.
SELECT count(DISTINCT d.day) FROM signal_daily AS d
WHERE d.contact_id = %(id)s AND d.day >= %(since)s
