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
