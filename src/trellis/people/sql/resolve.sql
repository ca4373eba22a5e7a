-- name: look
-- Who owns these identities.
SELECT i.kind, i.value, i.contact_id, coalesce(c.known, false), i.shared
FROM unnest(%s::text[], %s::text[]) AS q (kind, value)
JOIN identity AS i ON i.value = q.value AND i.kind = q.kind
LEFT JOIN contact AS c ON c.contact_id = i.contact_id

-- name: contacts
-- Whether these contacts stand, are known, or were merged away.
SELECT contact_id, known, merged_into FROM contact WHERE contact_id = ANY(%s)

-- name: strong
-- The strong identities of these contacts, to see whether two people may be one.
SELECT contact_id, kind, value FROM contact_identity
WHERE contact_id = ANY(%s) AND kind <> 'anonymous_id'

-- name: lock
-- Locks the touched contacts in one order and notes when they were seen.
UPDATE standing AS s
SET first_seen = least(s.first_seen, q.first_at), last_seen = greatest(s.last_seen, q.last_at)
FROM (
    SELECT t.contact_id, t.first_at, t.last_at
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS t (contact_id, first_at, last_at)
    ORDER BY t.contact_id
) AS q
WHERE s.contact_id = q.contact_id
RETURNING s.contact_id

-- name: stand
-- Gives contacts that have none their standing.
INSERT INTO standing AS s (contact_id, first_seen, last_seen)
SELECT t.contact_id, t.first_at, t.last_at
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
    AS t (contact_id, first_at, last_at)
ORDER BY t.contact_id
ON CONFLICT (contact_id) DO NOTHING

-- name: new_ids
-- Numbers for new contacts, taken before anything refers to them.
SELECT nextval(pg_get_serial_sequence('contact', 'contact_id'))
FROM generate_series(1, %s)

-- name: add_contacts
-- New contacts.
INSERT INTO contact AS c (contact_id, known, created_at, updated_at)
SELECT t.contact_id, t.known, %s, %s
FROM unnest(%s::bigint[], %s::boolean[]) AS t (contact_id, known)

-- name: add_identities
-- New identities in one order; one that is missing in the answer was taken meanwhile.
INSERT INTO identity AS i (value, kind, contact_id, shared, created_at)
SELECT t.value, t.kind, t.contact_id, t.shared, %s
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::boolean[])
    AS t (kind, value, contact_id, shared)
ORDER BY t.value, t.kind
ON CONFLICT (value, kind) DO NOTHING
RETURNING i.value

-- name: add_mirror
-- The mirror of new identities.
INSERT INTO contact_identity AS m (contact_id, kind, value)
SELECT t.contact_id, t.kind, t.value
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS t (kind, value, contact_id)
WHERE t.contact_id > 0
ON CONFLICT (contact_id, kind, value) DO NOTHING

-- name: share
-- Devices that two known people used identify nobody from now on.
UPDATE identity AS i
SET shared = true, contact_id = 0
FROM unnest(%s::text[], %s::text[]) AS t (kind, value)
WHERE i.value = t.value AND i.kind = t.kind AND NOT i.shared
RETURNING i.value

-- name: drop_mirror
-- The mirror of devices that became shared.
DELETE FROM contact_identity AS m
USING unnest(%s::text[], %s::text[], %s::bigint[]) AS t (kind, value, contact_id)
WHERE m.contact_id = t.contact_id AND m.kind = t.kind AND m.value = t.value

-- name: stand_in
-- The anonymous contact that keeps what a shared device does without a name.
UPDATE identity AS i
SET contact_id = t.contact_id
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS t (kind, value, contact_id)
WHERE i.value = t.value AND i.kind = t.kind AND i.shared AND i.contact_id = 0
RETURNING i.value

-- name: know
-- Anonymous contacts that showed a strong identity.
UPDATE contact AS c SET known = true, updated_at = %s
WHERE c.contact_id = ANY(%s) AND c.known IS NOT true
RETURNING c.contact_id

-- name: add_clashes
-- The duplicates queue.
INSERT INTO people_identityconflict AS q (at, contact_id, other_id, kind, value, reason)
SELECT %s, t.contact_id, t.other_id, t.kind, t.value, t.reason
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
    AS t (contact_id, other_id, kind, value, reason)
ON CONFLICT (contact_id, other_id, kind, value) DO NOTHING
