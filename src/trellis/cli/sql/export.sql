-- name: contacts
-- Every known contact, or the members of one segment, with what Trellis derived about them.
COPY (
    SELECT c.contact_id, c.email, c.phone, c.first_name, c.last_name, c.locale, c.time_zone,
        c.country, c.city, s.score, s.temperature, s.grade, g.key AS stage, c.created_at, s.last_seen,
        c.attributes
    FROM contact AS c
    JOIN standing AS s ON s.contact_id = c.contact_id
    LEFT JOIN stage AS g ON g.id = s.stage_id
    WHERE c.merged_into IS NULL
        AND CASE WHEN %(segment)s::int IS NULL THEN c.known ELSE EXISTS (
            SELECT 1 FROM membership AS m
            WHERE m.contact_id = c.contact_id AND m.segment_id = %(segment)s::int
        ) END
    ORDER BY c.contact_id
) TO STDOUT WITH (FORMAT csv, HEADER true)
