-- name: enter
-- Adds pairs of contact and segment; who is in already stays in since then.
INSERT INTO membership AS m (contact_id, segment_id, since)
SELECT t.contact_id, t.segment_id, %(now)s
FROM unnest(%(contacts)s::bigint[], %(segments)s::int[]) AS t (contact_id, segment_id)
ON CONFLICT (contact_id, segment_id) DO NOTHING

-- name: leave
-- Removes pairs of contact and segment.
DELETE FROM membership AS m
USING unnest(%(contacts)s::bigint[], %(segments)s::int[]) AS t (contact_id, segment_id)
WHERE m.contact_id = t.contact_id AND m.segment_id = t.segment_id

-- name: absent
-- Those of some contacts that exist and are not in a segment.
SELECT c.contact_id FROM contact c
WHERE c.contact_id = ANY(%(contacts)s::bigint[]) AND c.merged_into IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM membership m
        WHERE m.contact_id = c.contact_id AND m.segment_id = %(segment)s
    )
ORDER BY c.contact_id

-- name: present
-- Those of some contacts that are in a segment.
SELECT m.contact_id FROM membership m
WHERE m.contact_id = ANY(%(contacts)s::bigint[]) AND m.segment_id = %(segment)s
ORDER BY m.contact_id

-- name: forget
-- Empties a segment that is taken out of use.
DELETE FROM membership AS m WHERE m.segment_id = %(segment)s

-- name: sizes
-- Writes how many are in each segment, where that changed.
UPDATE segment AS s SET size = t.n
FROM (
    SELECT g.id, (SELECT count(*) FROM membership m WHERE m.segment_id = g.id) AS n
    FROM segment g
    WHERE g.archived_at IS NULL AND (%(segment)s::bigint IS NULL OR g.id = %(segment)s)
) AS t
WHERE s.id = t.id AND s.size <> t.n
