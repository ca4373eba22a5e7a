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
