-- name: keys
-- The properties that the newest events of a name carry, with the kind of JSON each is.
SELECT p.key, jsonb_typeof(p.value), count(*)
FROM (
    SELECT props FROM event WHERE name_id = %(name_id)s AND at > %(since)s
    ORDER BY at DESC LIMIT %(newest)s
) AS e, jsonb_each(e.props) AS p (key, value)
WHERE jsonb_typeof(p.value) NOT IN ('null', 'object')
GROUP BY 1, 2
ORDER BY 3 DESC, 1

-- name: values
-- The values of one property among the newest events of a name that contain a text, the
-- most frequent first.
SELECT v.value, count(*)
FROM (
    SELECT props -> %(key)s AS value FROM event WHERE name_id = %(name_id)s AND at > %(since)s
    ORDER BY at DESC LIMIT %(newest)s
) AS e,
LATERAL (
    SELECT e.value #>> '{}' WHERE jsonb_typeof(e.value) IN ('string', 'number')
    UNION ALL
    SELECT a.value FROM jsonb_array_elements_text(
        CASE jsonb_typeof(e.value) WHEN 'array' THEN e.value END
    ) AS a (value)
) AS v (value)
WHERE strpos(lower(v.value), %(search)s) > 0 AND length(v.value) BETWEEN 1 AND 200
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT %(limit)s
