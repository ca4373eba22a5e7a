-- name: visits
-- The latest visits of one contact: the events of each session, added up.
SELECT
    min(e.at), max(e.at),
    max((e.props ->> 'visit')::int) FILTER (WHERE e.props ->> 'visit' ~ '^[0-9]{1,6}$'),
    count(*) FILTER (WHERE n.type = 'page'), count(*),
    sum((e.props ->> 'seconds')::float8) FILTER (
        WHERE n.name = 'Page Left' AND jsonb_typeof(e.props -> 'seconds') = 'number'
    ),
    max(e.props ->> 'locale'), max(e.props ->> 'user_agent'),
    bool_or(e.props -> 'touch' = 'true'::jsonb)
FROM event AS e JOIN event_name AS n ON n.id = e.name_id
WHERE e.contact_id = %(contact)s AND e.at > %(since)s AND e.props ->> 'session' IS NOT NULL
GROUP BY e.props ->> 'session'
ORDER BY max(e.at) DESC
LIMIT %(most)s
