-- name: read
-- Profiles of the contacts that facts say something about.
SELECT contact_id, email, phone, first_name, last_name, locale, time_zone, country, city,
    company_id, attributes, provenance, tags
FROM contact WHERE contact_id = ANY(%s)

-- name: write
-- Changed profiles, whole.
UPDATE contact AS c
SET email = t.email, phone = t.phone, first_name = t.first_name, last_name = t.last_name,
    locale = t.locale, time_zone = t.time_zone, country = t.country, city = t.city,
    company_id = t.company_id, attributes = t.attributes, provenance = t.provenance,
    tags = t.tags, updated_at = %s
FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::bigint[], %s::jsonb[], %s::jsonb[],
    %s::jsonb[]
) AS t (
    contact_id, email, phone, first_name, last_name, locale, time_zone, country, city,
    company_id, attributes, provenance, tags
)
WHERE c.contact_id = t.contact_id

-- name: add_definitions
-- Attributes seen for the first time.
INSERT INTO people_attribute AS a
    (key, label, type, bucket, how, options, description, created_at)
SELECT t.key, t.label, t.type, t.bucket, t.how, '[]', '', %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS t (key, label, type, bucket, how)
ORDER BY t.key
ON CONFLICT (key) DO NOTHING

-- name: own
-- The addresses that belong to these contacts.
SELECT contact_id, kind, value FROM contact_identity
WHERE contact_id = ANY(%s) AND kind IN ('email', 'phone')
