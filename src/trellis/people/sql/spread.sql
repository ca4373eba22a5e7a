-- name: filled
-- How many live, known contacts have a value of each attribute; the row without a key says
-- how many were looked at.
WITH c AS (
    SELECT contact_id, attributes FROM contact
    WHERE known AND merged_into IS NULL
        AND (%(ids)s::bigint[] IS NULL OR contact_id = ANY(%(ids)s::bigint[]))
)
SELECT k.key, count(*) FROM c, jsonb_object_keys(c.attributes) AS k (key) GROUP BY k.key
UNION ALL
SELECT NULL, count(*) FROM c

-- name: filled_companies
-- The same of companies.
SELECT k.key, count(*) FROM people_company AS c, jsonb_object_keys(c.attributes) AS k (key)
WHERE c.merged_into IS NULL GROUP BY k.key
UNION ALL
SELECT NULL, count(*) FROM people_company WHERE merged_into IS NULL

-- name: values
-- The value of one attribute of each live, known contact (or of some), and its source.
SELECT (c.attributes -> %(key)s)::text, c.provenance -> %(key)s ->> 'src'
FROM contact AS c
WHERE c.known AND c.merged_into IS NULL
    AND (%(ids)s::bigint[] IS NULL OR c.contact_id = ANY(%(ids)s::bigint[]))

-- name: values_of_companies
-- The same of companies.
SELECT (c.attributes -> %(key)s)::text, c.provenance -> %(key)s ->> 'src'
FROM people_company AS c WHERE c.merged_into IS NULL

-- name: options
-- How many contacts have each text of an attribute, alone or in a list.
SELECT v.value, count(*)
FROM contact AS c, LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(c.attributes -> %(key)s) WHEN 'array' THEN c.attributes -> %(key)s
    ELSE jsonb_build_array(c.attributes -> %(key)s) END
) AS v (value)
WHERE c.merged_into IS NULL AND c.attributes ? %(key)s
GROUP BY v.value

-- name: options_of_companies
-- The same of companies.
SELECT v.value, count(*)
FROM people_company AS c, LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(c.attributes -> %(key)s) WHEN 'array' THEN c.attributes -> %(key)s
    ELSE jsonb_build_array(c.attributes -> %(key)s) END
) AS v (value)
WHERE c.merged_into IS NULL AND c.attributes ? %(key)s
GROUP BY v.value
