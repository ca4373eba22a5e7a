-- name: stand_up
-- The loser stands on its own again.
INSERT INTO standing AS s (contact_id, first_seen, last_seen, stage_id)
VALUES (%s, %s, %s, %s)
ON CONFLICT (contact_id) DO NOTHING

-- name: stand_back
-- The winner's span as it was, where the loser's widened it.
UPDATE standing AS s
SET first_seen = CASE WHEN s.first_seen = %(first)s::timestamptz THEN %(first_before)s::timestamptz ELSE s.first_seen END,
    last_seen = CASE WHEN s.last_seen = %(last)s::timestamptz THEN %(last_before)s::timestamptz ELSE s.last_seen END,
    stage_id = CASE WHEN s.stage_id = %(stage)s::int THEN %(stage_before)s::int ELSE s.stage_id END
WHERE s.contact_id = %(winner)s

-- name: identities
-- Identities the loser brought, as far as the winner still has them.
UPDATE identity AS i SET contact_id = %(loser)s
FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
WHERE i.value = t.value AND i.kind = t.kind AND i.contact_id = %(winner)s

-- name: mirror
-- Their mirror.
WITH g AS (
    DELETE FROM contact_identity AS m
    USING unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
    WHERE m.contact_id = %(winner)s AND m.kind = t.kind AND m.value = t.value
    RETURNING m.kind, m.value
)
INSERT INTO contact_identity AS m (contact_id, kind, value)
SELECT %(loser)s, g.kind, g.value FROM g
ON CONFLICT DO NOTHING

-- name: unlink
-- The loser is a contact of its own again.
UPDATE contact SET merged_into = NULL, updated_at = %s WHERE contact_id = %s

-- name: known
-- Known is who has a strong identity.
UPDATE contact AS c SET known = EXISTS (
    SELECT 1 FROM contact_identity AS m
    WHERE m.contact_id = c.contact_id AND m.kind <> 'anonymous_id'
)
WHERE c.contact_id = ANY(%s)
