-- name: latest
-- The newest events of some contacts: a few of each by the key, then the newest of all.
SELECT t.contact_id, t.event_id, t.at, n.type, n.name, t.props, t.origin_id, t.cause
FROM unnest(%(ids)s::bigint[]) AS c (contact_id)
CROSS JOIN LATERAL (
    SELECT e.* FROM event AS e
    JOIN event_name AS k ON k.id = e.name_id
    WHERE e.contact_id = c.contact_id AND k.type <> 'system'
    ORDER BY e.at DESC LIMIT %(limit)s
) AS t
JOIN event_name AS n ON n.id = t.name_id
ORDER BY t.at DESC, t.event_id DESC LIMIT %(limit)s
