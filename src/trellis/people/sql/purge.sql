-- name: old
-- Visitors who never said who they are and were not seen for long.
SELECT c.contact_id FROM contact AS c
JOIN standing AS s ON s.contact_id = c.contact_id
WHERE NOT c.known AND c.merged_into IS NULL AND c.created_at < %(before)s
    AND s.last_seen < %(before)s
LIMIT %(limit)s

-- name: hold
-- Locks contacts in one order; those known meanwhile are missing in the answer.
SELECT s.contact_id FROM standing AS s
JOIN contact AS c ON c.contact_id = s.contact_id
WHERE s.contact_id = ANY(%s) AND NOT c.known AND c.merged_into IS NULL
ORDER BY s.contact_id

-- name: lock
-- Keeps batches away from contacts that are about to go.
UPDATE standing AS s SET last_seen = s.last_seen
FROM (SELECT t.contact_id FROM unnest(%s::bigint[]) AS t (contact_id) ORDER BY 1) AS q
WHERE s.contact_id = q.contact_id
RETURNING s.contact_id

-- name: unshare
-- A shared device stays shared, without the visitor that stood in for it.
UPDATE identity AS i SET contact_id = 0
FROM contact_identity AS m
WHERE m.contact_id = ANY(%s) AND i.value = m.value AND i.kind = m.kind AND i.shared

-- name: unname
-- The identities of contacts that go.
DELETE FROM identity AS i
USING contact_identity AS m
WHERE m.contact_id = ANY(%s) AND i.value = m.value AND i.kind = m.kind AND NOT i.shared

-- name: clear
-- Their rows of one table.
DELETE FROM {table} WHERE contact_id = ANY(%s)

-- name: conflicts
-- Entries of the duplicates queue that name them.
DELETE FROM people_identityconflict WHERE contact_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s)

-- name: linked
-- Contacts that were merged into these, directly or through others merged before.
SELECT contact_id FROM contact WHERE merged_into = ANY(%s)

-- name: addresses
-- The addresses of a person who is erased.
SELECT kind, value FROM contact_identity WHERE contact_id = ANY(%s)

-- name: tombstone
-- What stays of an erased person: that there was a contact of this number.
INSERT INTO tombstone AS t (contact_id, at, actor, reason)
SELECT q.contact_id, %s, %s, %s FROM unnest(%s::bigint[]) AS q (contact_id)
ON CONFLICT (contact_id) DO NOTHING
