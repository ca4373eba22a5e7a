-- name: newest
-- The newest events of anybody, some of each name, which the index has in order.
SELECT e.contact_id, e.event_id, e.at, n.type, n.name, e.props, e.key_id, e.logged_at
FROM event_name AS n CROSS JOIN LATERAL (
    SELECT v.contact_id, v.event_id, v.at, v.props, v.key_id, v.logged_at
    FROM event AS v
    WHERE v.name_id = n.id AND v.at > %(since)s
        AND (%(at)s::timestamptz IS NULL OR (v.at, v.event_id) < (%(at)s, %(id)s))
        AND (%(key)s::int IS NULL OR v.key_id = %(key)s)
    ORDER BY v.at DESC, v.event_id DESC
    LIMIT %(most)s
) AS e
WHERE (%(name)s = '' OR n.name = %(name)s) AND (%(name)s <> '' OR n.type <> 'system')
ORDER BY e.at DESC, e.event_id DESC
LIMIT %(most)s

-- name: of_people
-- The newest events of some people.
SELECT e.contact_id, e.event_id, e.at, n.type, n.name, e.props, e.key_id, e.logged_at
FROM event AS e JOIN event_name AS n ON n.id = e.name_id
WHERE e.contact_id = ANY(%(contacts)s) AND e.at > %(since)s
    AND (%(at)s::timestamptz IS NULL OR (e.at, e.event_id) < (%(at)s, %(id)s))
    AND (%(key)s::int IS NULL OR e.key_id = %(key)s)
    AND (%(name)s = '' OR n.name = %(name)s)
ORDER BY e.at DESC, e.event_id DESC
LIMIT %(most)s

-- name: one
-- One event of a person.
SELECT e.contact_id, e.event_id, e.at, n.type, n.name, e.props, e.key_id, e.logged_at
FROM event AS e JOIN event_name AS n ON n.id = e.name_id
WHERE e.contact_id = %(contact)s AND e.event_id = %(event)s
LIMIT 1

-- name: followed
-- What was decided because of one event of a person.
SELECT e.event_id, e.at, n.type, n.name, e.props, e.origin_id, e.cause
FROM event AS e JOIN event_name AS n ON n.id = e.name_id
WHERE e.contact_id = %(contact)s AND e.at >= %(at)s AND e.cause = %(event)s
ORDER BY e.at
LIMIT 20

-- name: people
-- Who has this identity, whatever its kind.
SELECT DISTINCT i.contact_id FROM identity AS i WHERE i.value = ANY(%(values)s) LIMIT 20
