-- name: by_key
-- The companies that domains and group ids name.
SELECT k.kind, k.value, k.company_id
FROM unnest(%s::text[], %s::text[]) AS q (kind, value)
JOIN people_companykey AS k ON k.value = q.value AND k.kind = q.kind

-- name: by_name
-- Companies by name, whatever the case; the oldest of equal ones, those that programs call
-- by a group id apart.
SELECT q.name,
    min(coalesce(c.merged_into, c.id)) FILTER (WHERE k.id IS NULL),
    min(coalesce(c.merged_into, c.id))
FROM unnest(%s::text[]) AS q (name)
JOIN people_company AS c ON lower(c.name) = lower(q.name)
LEFT JOIN people_companykey AS k ON k.company_id = c.id AND k.kind = 'group_id'
GROUP BY q.name

-- name: new_ids
-- Numbers for new companies, taken before anything refers to them.
SELECT nextval(pg_get_serial_sequence('people_company', 'id')) FROM generate_series(1, %s)

-- name: add
-- Companies named for the first time.
INSERT INTO people_company AS c (id, name, domain, attributes, created_at, updated_at)
SELECT t.id, t.name, t.domain, '{}', %s, %s
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS t (id, name, domain)

-- name: add_keys
-- What names companies from now on; what names another one already stays its own.
INSERT INTO people_companykey AS k (kind, value, company_id)
SELECT t.kind, t.value, t.company_id
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS t (kind, value, company_id)
ORDER BY t.kind, t.value
ON CONFLICT (kind, value) DO NOTHING

-- name: read
-- Companies that facts say something about.
SELECT id, name, attributes, provenance FROM people_company WHERE id = ANY(%s)

-- name: write
-- Their values, whole.
UPDATE people_company AS c
SET attributes = t.attributes, provenance = t.provenance, updated_at = %s
FROM (
    SELECT u.id, u.attributes, u.provenance
    FROM unnest(%s::bigint[], %s::jsonb[], %s::jsonb[]) AS u (id, attributes, provenance)
    ORDER BY u.id
) AS t
WHERE c.id = t.id

-- name: move_people
-- Gives the people of a merged company to the one it went into.
UPDATE contact AS c SET company_id = %(winner)s, updated_at = %(now)s
WHERE c.company_id = %(loser)s
RETURNING c.contact_id

-- name: housed
-- All contacts of a company, those merged away too.
SELECT c.contact_id FROM contact AS c WHERE c.company_id = %(company)s ORDER BY c.contact_id

-- name: move_back
-- Gives people of a merged company back: those who came with it and named none since, and
-- those whom only an address at one of its domains placed in the other since.
UPDATE contact AS c SET company_id = %(loser)s, updated_at = %(now)s
WHERE c.company_id = %(winner)s AND (
    c.contact_id = ANY(%(ids)s::bigint[])
        AND coalesce(c.provenance -> 'company' ->> 'at', '') <= %(said)s
    OR c.provenance -> 'company' ->> 'src' = %(src)s
        AND split_part(c.email, '@', 2) <> ALL(%(own)s::text[])
        AND (split_part(c.email, '@', 2) = ANY(%(domains)s::text[])
            OR c.email LIKE ANY(%(below)s::text[]))
)
RETURNING c.contact_id

-- name: homeless
-- Known contacts with an address at one of these domains, and no company; nobody said that
-- they have none.
SELECT c.contact_id FROM contact AS c
WHERE c.known AND c.merged_into IS NULL AND c.company_id IS NULL AND c.email <> ''
    AND (split_part(c.email, '@', 2) = ANY(%(domains)s) OR c.email LIKE ANY(%(below)s))
    AND NOT c.provenance ? 'company'
ORDER BY c.contact_id

-- name: house
-- Gives some of them their company, with where that came from.
UPDATE contact AS c
SET company_id = %(company)s, provenance = c.provenance || %(entry)s::jsonb,
    updated_at = %(now)s
WHERE c.contact_id = ANY(%(ids)s) AND c.company_id IS NULL AND NOT c.provenance ? 'company'
RETURNING c.contact_id

-- name: people
-- The next live contacts of a company.
SELECT c.contact_id FROM contact AS c
WHERE c.company_id = %(company)s AND c.merged_into IS NULL AND c.contact_id > %(after)s
ORDER BY c.contact_id LIMIT %(limit)s
