-- name: put
-- Puts tags on contacts and takes others off; answers with those whose tags changed.
UPDATE contact AS c
SET tags = (c.tags - %(both)s::text[]) || %(add)s::jsonb, updated_at = %(now)s
WHERE c.contact_id = ANY(%(ids)s) AND c.merged_into IS NULL
    AND (NOT c.tags @> %(add)s::jsonb OR c.tags ?| %(remove)s::text[])
RETURNING c.contact_id

-- name: counts
-- How many live contacts wear each tag.
SELECT t.tag, count(*)
FROM contact AS c, jsonb_array_elements_text(c.tags) AS t (tag)
WHERE c.merged_into IS NULL AND c.tags <> '[]'
GROUP BY t.tag

-- name: unwear
-- Takes an archived tag off a stretch of contacts.
UPDATE contact AS c SET tags = c.tags - %(key)s::text
WHERE c.contact_id BETWEEN %(low)s AND %(high)s AND c.tags ? %(key)s
RETURNING c.contact_id
