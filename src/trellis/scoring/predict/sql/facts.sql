-- name: facts
-- What is known about some contacts, and what they did until the evening before a day, as rows of contact, key, item and number. Its placeholder is the moment at which looking ends.
SELECT c.contact_id, k.key, k.item, k.x
FROM contact c
JOIN standing s ON s.contact_id = c.contact_id
LEFT JOIN people_company o ON o.id = c.company_id
    AND coalesce((c.provenance -> 'company' ->> 'at')::timestamptz < {moment}, true)
CROSS JOIN LATERAL (
    SELECT 'country' AS key, c.country AS item, 1::float8 AS x WHERE c.country <> ''
    UNION ALL SELECT 'language', split_part(c.locale, '-', 1), 1 WHERE c.locale <> ''
    UNION ALL SELECT 'email', '', 1 WHERE c.email <> ''
    UNION ALL SELECT 'phone', '', 1 WHERE c.phone <> ''
    UNION ALL SELECT 'company', '', 1 WHERE o.id IS NOT NULL
    UNION ALL
    SELECT 'age', '', ln(1 + greatest(0,
        %(today)s::date - (least(s.first_seen, c.created_at) AT TIME ZONE %(zone)s)::date))
    UNION ALL
    SELECT 'attr.' || a.key, e.value, 1
    FROM jsonb_each(c.attributes) a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE jsonb_build_array(a.value) END
    ) e
    WHERE a.key = ANY(%(choices)s::text[]) AND e.value <> ''
    UNION ALL
    SELECT 'attr.' || a.key, '', (a.value #>> '{}')::float8
    FROM jsonb_each(c.attributes) a
    WHERE a.key = ANY(%(numbers)s::text[]) AND jsonb_typeof(a.value) = 'number'
    UNION ALL
    SELECT 'company.attr.' || a.key, e.value, 1
    FROM jsonb_each(o.attributes) a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE jsonb_build_array(a.value) END
    ) e
    WHERE a.key = ANY(%(company_choices)s::text[]) AND e.value <> ''
        AND coalesce((o.provenance -> a.key ->> 'at')::timestamptz < {moment}, false)
    UNION ALL
    SELECT 'company.attr.' || a.key, '', (a.value #>> '{}')::float8
    FROM jsonb_each(o.attributes) a
    WHERE a.key = ANY(%(company_numbers)s::text[]) AND jsonb_typeof(a.value) = 'number'
        AND coalesce((o.provenance -> a.key ->> 'at')::timestamptz < {moment}, false)
) k
WHERE c.contact_id = ANY(%(contacts)s::bigint[])
UNION ALL
SELECT d.contact_id, 'signal.' || d.signal_id,
    CASE WHEN d.day >= %(today)s::date - %(late)s::int THEN 'late' ELSE 'early' END, ln(1 + sum(d.n))
FROM signal_daily d
WHERE d.contact_id = ANY(%(contacts)s::bigint[]) AND d.signal_id = ANY(%(signals)s::int[])
    AND d.day < %(today)s::date AND d.day >= %(today)s::date - %(early)s::int AND d.n > 0
GROUP BY 1, 2, 3
UNION ALL
SELECT d.contact_id, 'quiet', '', ln(1 + %(today)s::date - max(d.day))
FROM signal_daily d
WHERE d.contact_id = ANY(%(contacts)s::bigint[])
    AND d.day < %(today)s::date AND d.day >= %(today)s::date - %(early)s::int AND d.n > 0
GROUP BY 1
UNION ALL
SELECT q.contact_id, 'consent', '', 1
FROM (
    SELECT DISTINCT ON (x.contact_id) x.contact_id, x.given FROM consent x
    WHERE x.contact_id = ANY(%(contacts)s::bigint[]) AND x.purpose = 'marketing'
    ORDER BY x.contact_id, x.at DESC, x.consent_id DESC
) q
WHERE q.given
UNION ALL
SELECT q.contact_id, 'source', n.key, 1
FROM (
    SELECT DISTINCT ON (t.contact_id) t.contact_id, t.source_id FROM touch t
    JOIN contact c ON c.contact_id = t.contact_id
    WHERE t.contact_id = ANY(%(contacts)s::bigint[]) AND t.at < {moment}
    ORDER BY t.contact_id, t.at, t.touch_id
) q
JOIN sources_source leaf ON leaf.id = q.source_id
JOIN sources_source n ON n.id IN (leaf.id, leaf.parent_id)

-- name: moment
-- When looking ends for a lead that had its outcome.
(SELECT m.at FROM past_moment m WHERE m.contact_id = c.contact_id)

-- name: always
-- When looking ends for a lead that is open: never.
'infinity'::timestamptz
