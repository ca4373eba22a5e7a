-- name: of_contact
-- The segments that a contact is in, those entered last first, each with since when.
SELECT s.*, m.since
FROM membership m
JOIN segment s ON s.id = m.segment_id
WHERE m.contact_id = %(contact)s
ORDER BY m.since DESC, s.id
