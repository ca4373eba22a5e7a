-- name: compare
-- How many would enter, leave and stay, were a segment's members those of a rule (found),
-- among the contacts of a scope.
SELECT count(*) FILTER (WHERE m.contact_id IS NULL),
    count(*) FILTER (WHERE f.contact_id IS NULL),
    count(*) FILTER (WHERE m.contact_id = f.contact_id)
FROM ({found}) AS f
FULL JOIN (
    SELECT x.contact_id FROM membership AS x WHERE x.segment_id = %(segment)s AND {scope}
) AS m ON m.contact_id = f.contact_id

-- name: differing
-- Who would enter (true) or leave (false), in order.
SELECT coalesce(f.contact_id, m.contact_id), f.contact_id IS NOT NULL
FROM ({found}) AS f
FULL JOIN (
    SELECT x.contact_id FROM membership AS x WHERE x.segment_id = %(segment)s AND {scope}
) AS m ON m.contact_id = f.contact_id
WHERE f.contact_id IS NULL OR m.contact_id IS NULL
ORDER BY 1
