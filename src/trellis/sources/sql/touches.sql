-- name: sources
-- The tree, to turn keys into numbers.
SELECT key, id FROM sources_source

-- name: add
-- Arrivals of a batch.
INSERT INTO touch AS t (contact_id, at, source_id, how, utm, page, referrer)
SELECT q.contact_id, q.at, q.source_id, q.how, q.utm, q.page, q.referrer
FROM unnest(
    %s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::jsonb[], %s::text[],
    %s::text[]
) AS q (contact_id, at, source_id, how, utm, page, referrer)

-- name: of_contact
-- The arrivals of one contact, the newest first, with their sources.
SELECT t.at, s.key, s.name, t.how, t.utm, t.page, t.referrer
FROM touch AS t LEFT JOIN sources_source AS s ON s.id = t.source_id
WHERE t.contact_id = %(contact)s
ORDER BY t.at DESC, t.touch_id DESC
LIMIT %(most)s
