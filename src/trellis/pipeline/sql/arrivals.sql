-- name: scanned
-- Messages of these contacts whose links were opened as a scanner does.
SELECT DISTINCT e.contact_id, (e.props ->> 'message_id')::bigint
FROM event AS e JOIN event_name AS n ON n.id = e.name_id
WHERE e.contact_id = ANY(%(contacts)s) AND e.at >= %(since)s
  AND n.type = %(type)s AND n.name = %(name)s
  AND e.props ->> 'why' = %(why)s
  AND (e.props ->> 'message_id')::bigint = ANY(%(messages)s)
