-- name: see
-- Notes message ids in one order; those seen before are missing in the answer.
INSERT INTO seen AS s (stamp, event_id, seen_on)
SELECT t.stamp, t.event_id, %s
FROM unnest(%s::bigint[], %s::bigint[]) AS t (stamp, event_id)
ORDER BY t.stamp, t.event_id
ON CONFLICT (stamp, event_id) DO NOTHING
RETURNING s.event_id

-- name: standing_there
-- Which of these events stand in the log already (a replay after ``seen`` was purged).
SELECT e.contact_id, e.event_id
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS t (contact_id, event_id, at)
JOIN event AS e
    ON e.contact_id = t.contact_id AND e.event_id = t.event_id AND e.at = t.at

-- name: append
-- Events of a batch, by COPY.
COPY event (contact_id, event_id, at, name_id, epoch, depth, key_id, cause, logged_at, props)
FROM STDIN

-- name: add_names
-- New names of the catalogue.
INSERT INTO event_name AS n (type, name, description, first_seen)
SELECT t.type, t.name, '', %s
FROM unnest(%s::text[], %s::text[]) AS t (type, name)
ORDER BY t.type, t.name
ON CONFLICT (type, name) DO NOTHING

-- name: names
-- Numbers of names.
SELECT n.type, n.name, n.id
FROM unnest(%s::text[], %s::text[]) AS t (type, name)
JOIN event_name AS n ON n.type = t.type AND n.name = t.name

-- name: purge_seen
-- Message ids older than any client's retry.
DELETE FROM seen WHERE seen_on < %s
