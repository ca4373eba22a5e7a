-- name: last_of_contacts
-- The highest number there is.
SELECT coalesce(max(contact_id), 0) FROM contact

-- name: texts_of_contacts
-- Writes the new name where the old one is the value.
UPDATE contact AS c
SET attributes = c.attributes || jsonb_build_object(%(key)s::text, %(after)s::text),
    updated_at = %(now)s
WHERE c.contact_id BETWEEN %(low)s AND %(high)s AND c.attributes ->> %(key)s = %(before)s
    AND jsonb_typeof(c.attributes -> %(key)s) = 'string'
RETURNING c.contact_id

-- name: lists_of_contacts
-- Writes the new name where the old one stands in a list; its place becomes the last.
UPDATE contact AS c
SET attributes = c.attributes || jsonb_build_object(
        %(key)s::text,
        ((c.attributes -> %(key)s) - %(before)s::text - %(after)s::text)
            || jsonb_build_array(%(after)s::text)
    ),
    updated_at = %(now)s
WHERE c.contact_id BETWEEN %(low)s AND %(high)s
    AND jsonb_typeof(c.attributes -> %(key)s) = 'array'
    AND (c.attributes -> %(key)s) ? %(before)s
RETURNING c.contact_id

-- name: last_of_companies
-- The highest number there is.
SELECT coalesce(max(id), 0) FROM people_company

-- name: texts_of_companies
-- Writes the new name where the old one is the value.
UPDATE people_company AS c
SET attributes = c.attributes || jsonb_build_object(%(key)s::text, %(after)s::text),
    updated_at = %(now)s
WHERE c.id BETWEEN %(low)s AND %(high)s AND c.attributes ->> %(key)s = %(before)s
    AND jsonb_typeof(c.attributes -> %(key)s) = 'string'
RETURNING c.id

-- name: lists_of_companies
-- Writes the new name where the old one stands in a list; its place becomes the last.
UPDATE people_company AS c
SET attributes = c.attributes || jsonb_build_object(
        %(key)s::text,
        ((c.attributes -> %(key)s) - %(before)s::text - %(after)s::text)
            || jsonb_build_array(%(after)s::text)
    ),
    updated_at = %(now)s
WHERE c.id BETWEEN %(low)s AND %(high)s
    AND jsonb_typeof(c.attributes -> %(key)s) = 'array'
    AND (c.attributes -> %(key)s) ? %(before)s
RETURNING c.id
