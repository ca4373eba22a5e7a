-- name: list
-- A page of companies, newest first, with their people counted.
WITH page AS (
    SELECT co.* FROM people_company AS co
    WHERE co.merged_into IS NULL
        AND lower(co.name || ' ' || co.domain) LIKE ALL(%(words)s::text[])
        AND (%(after_at)s::timestamptz IS NULL
            OR (co.created_at, co.id) < (%(after_at)s::timestamptz, %(after_id)s::bigint))
    ORDER BY co.created_at DESC, co.id DESC
    LIMIT %(limit)s
)
SELECT p.id, p.name, p.domain, p.attributes, p.created_at, p.updated_at, p.version,
    count(c.contact_id), count(*) FILTER (WHERE s.temperature = 'hot'), max(s.score)
FROM page AS p
LEFT JOIN contact AS c ON c.company_id = p.id AND c.merged_into IS NULL
LEFT JOIN standing AS s ON s.contact_id = c.contact_id
GROUP BY p.id, p.name, p.domain, p.attributes, p.created_at, p.updated_at, p.version
ORDER BY p.created_at DESC, p.id DESC

-- name: one
-- One company with its people counted.
SELECT p.id, p.name, p.domain, p.attributes, p.created_at, p.updated_at, p.version,
    count(c.contact_id), count(*) FILTER (WHERE s.temperature = 'hot'), max(s.score),
    p.provenance, p.merged_into
FROM people_company AS p
LEFT JOIN contact AS c ON c.company_id = p.id AND c.merged_into IS NULL
LEFT JOIN standing AS s ON s.contact_id = c.contact_id
WHERE p.id = %(id)s
GROUP BY p.id

-- name: people
-- The next live contacts of a company.
SELECT c.contact_id FROM contact AS c
WHERE c.company_id = %(company)s AND c.merged_into IS NULL AND c.contact_id > %(after)s
ORDER BY c.contact_id LIMIT %(limit)s

-- name: top_people
-- The people of a company who score most.
SELECT c.contact_id FROM contact AS c
LEFT JOIN standing AS s ON s.contact_id = c.contact_id
WHERE c.company_id = %(company)s AND c.merged_into IS NULL
ORDER BY s.score DESC NULLS LAST, c.contact_id LIMIT %(limit)s

-- name: named_like
-- Companies to choose from by what is typed.
SELECT id, name, domain FROM people_company
WHERE merged_into IS NULL AND lower(name || ' ' || domain) LIKE %(any)s
ORDER BY lower(name) LIKE %(start)s DESC, lower(name), id LIMIT %(n)s

-- name: merges
-- What was merged into a company, with the name it had.
SELECT m.id, m.company_id, m.loser_id, l.name, m.at, m.reason, m.actor, m.undone_at
FROM people_companymerge AS m
JOIN people_company AS l ON l.id = m.loser_id
WHERE m.company_id = %(company)s
ORDER BY m.at DESC, m.id DESC LIMIT 50
