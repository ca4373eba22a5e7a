-- name: chunk
-- The last contact of the chunk that begins at an id, and the last of all.
SELECT
    (SELECT max(q.contact_id) FROM (
        SELECT c.contact_id FROM contact c
        WHERE c.contact_id >= %(low)s ORDER BY c.contact_id LIMIT %(size)s
    ) q) AS high,
    (SELECT max(c.contact_id) FROM contact c) AS last
