-- name: record
-- Moves of contacts into and out of segments, as one set.
INSERT INTO segment_move AS v (
    contact_id, segment_id, at, entered, why, version, held, cause, actor
)
SELECT t.contact_id, t.segment_id, %(now)s, t.entered, t.why, t.version, t.held, t.cause, t.who
FROM unnest(
    %(contacts)s::bigint[], %(segments)s::int[], %(entered)s::boolean[], %(whys)s::text[],
    %(versions)s::int[], %(held)s::bigint[], %(causes)s::bigint[], %(actors)s::text[]
) AS t (contact_id, segment_id, entered, why, version, held, cause, who)
ON CONFLICT (contact_id, segment_id, at) DO NOTHING

-- name: of_segment
-- A page of a segment's moves, the newest first, each with the event that caused it.
SELECT v.contact_id, v.segment_id, v.at, v.entered, v.why, v.version, v.held, v.actor,
    coalesce(n.type, ''), coalesce(n.name, ''),
    coalesce(e.props ->> 'title', e.props ->> 'path', e.props ->> 'name', '')
FROM (
    SELECT m.* FROM segment_move AS m
    WHERE m.segment_id = %(segment)s
        AND (%(contact)s::bigint IS NULL OR m.contact_id = %(contact)s)
        AND (%(which)s::boolean IS NULL OR m.entered = %(which)s)
        AND (%(why)s::text IS NULL OR m.why = %(why)s)
        AND (%(since)s::timestamptz IS NULL OR m.at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR m.at < %(until)s)
        AND (%(after_at)s::timestamptz IS NULL
            OR (m.at, m.contact_id) < (%(after_at)s, %(after_id)s::bigint))
    ORDER BY m.at DESC, m.contact_id DESC
    LIMIT %(most)s
) AS v
LEFT JOIN event AS e ON e.contact_id = v.contact_id AND e.event_id = v.cause
LEFT JOIN event_name AS n ON n.id = e.name_id
ORDER BY v.at DESC, v.contact_id DESC

-- name: of_contact
-- A page of one contact's moves, the newest first; the second half of the position is the
-- segment.
SELECT v.contact_id, v.segment_id, v.at, v.entered, v.why, v.version, v.held, v.actor,
    coalesce(n.type, ''), coalesce(n.name, ''),
    coalesce(e.props ->> 'title', e.props ->> 'path', e.props ->> 'name', '')
FROM (
    SELECT m.* FROM segment_move AS m
    WHERE m.contact_id = %(contact)s
        AND (%(which)s::boolean IS NULL OR m.entered = %(which)s)
        AND (%(why)s::text IS NULL OR m.why = %(why)s)
        AND (%(since)s::timestamptz IS NULL OR m.at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR m.at < %(until)s)
        AND (%(after_at)s::timestamptz IS NULL
            OR (m.at, m.segment_id) < (%(after_at)s, %(after_id)s::bigint))
    ORDER BY m.at DESC, m.segment_id DESC
    LIMIT %(most)s
) AS v
LEFT JOIN event AS e ON e.contact_id = v.contact_id AND e.event_id = v.cause
LEFT JOIN event_name AS n ON n.id = e.name_id
ORDER BY v.at DESC, v.segment_id DESC

-- name: prune
-- Moves that are kept no longer; the days stay.
DELETE FROM segment_move AS v WHERE v.at < %(before)s
