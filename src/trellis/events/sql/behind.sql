-- name: latest
-- The newest events of a contact that one signal counts; {condition} is its filter, {key} its number.
SELECT %(signal_{key})s::int, e.event_id, e.at,
    coalesce(e.props ->> 'title', e.props ->> 'path', e.props ->> 'name', e.props ->> 'form',
        e.props ->> 'template', '')
FROM event AS e
WHERE e.contact_id = %(contact)s AND e.name_id = %(name_{key})s AND ({condition})
ORDER BY e.at DESC
LIMIT %(most)s
