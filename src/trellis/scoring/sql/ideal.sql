-- name: values
-- How many of some contacts have each value of each field: built-in ones, attributes, tags, and those of their companies.
SELECT k.key, k.value, count(DISTINCT c.contact_id)
FROM contact c
LEFT JOIN people_company o ON o.id = c.company_id
CROSS JOIN LATERAL (
    SELECT 'contact.country' AS key, c.country AS value
    UNION ALL SELECT 'contact.city', c.city
    UNION ALL SELECT 'contact.locale', c.locale
    UNION ALL SELECT 'contact.tags', t.value FROM jsonb_array_elements_text(c.tags) t
    UNION ALL
    SELECT 'attr.' || a.key, e.value
    FROM jsonb_each(c.attributes) a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE jsonb_build_array(a.value) END
    ) e
    UNION ALL
    SELECT 'company.attr.' || a.key, e.value
    FROM jsonb_each(o.attributes) a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE jsonb_build_array(a.value) END
    ) e
) k
WHERE c.contact_id = ANY(%(contacts)s::bigint[]) AND c.merged_into IS NULL AND k.value <> ''
GROUP BY k.key, k.value

-- name: everybody
-- Known contacts, spread evenly over all there are.
SELECT q.contact_id FROM (
    SELECT c.contact_id FROM contact c
    WHERE c.known AND c.merged_into IS NULL
    ORDER BY md5(c.contact_id::text) LIMIT %(most)s
) q

-- name: members
-- Members of a segment, spread evenly over all there are.
SELECT q.contact_id FROM (
    SELECT m.contact_id FROM membership m
    WHERE m.segment_id = %(segment)s
    ORDER BY md5(m.contact_id::text) LIMIT %(most)s
) q

-- name: ways
-- Of those who were won: on how many days they did something until then, and how many days it took.
SELECT t.contact_id, (
    SELECT count(DISTINCT d.day) FROM signal_daily d
    WHERE d.contact_id = t.contact_id AND d.day <= t.day
), greatest(0, t.day - (least(s.first_seen, c.created_at) AT TIME ZONE %(zone)s)::date)
FROM unnest(%(contacts)s::bigint[], %(days)s::date[]) AS t (contact_id, day)
JOIN contact c ON c.contact_id = t.contact_id
JOIN standing s ON s.contact_id = t.contact_id
