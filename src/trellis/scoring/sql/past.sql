-- name: outcomes
-- Leads of a line that were won, or are not to be won any more by one of the outcomes asked for; the newest first: contact, when, won, when first seen. Who was won once counts as won then.
SELECT o.contact_id, coalesce(o.won_at, o.lost_at, l.closed_at) AS at, o.won_at IS NOT NULL AS won,
    least(s.first_seen, c.created_at) AS seen
FROM (
    SELECT m.contact_id,
        min(m.at) FILTER (WHERE m.outcome = 'won' OR g.kind = 'won') AS won_at,
        max(m.at) FILTER (WHERE m.outcome = ANY(%(lost)s::text[]) OR g.kind = 'lost') AS lost_at
    FROM stage_move m
    JOIN stage g ON g.id = m.to_stage_id
    WHERE m.line_id = %(line)s AND (m.outcome = 'won' OR m.outcome = ANY(%(lost)s::text[]) OR g.kind IN ('won', 'lost'))
    GROUP BY m.contact_id
) o
JOIN lead l ON l.contact_id = o.contact_id AND l.line_id = %(line)s
JOIN contact c ON c.contact_id = o.contact_id AND c.merged_into IS NULL
JOIN standing s ON s.contact_id = o.contact_id
WHERE o.won_at IS NOT NULL OR l.outcome = ANY(%(lost)s::text[])
ORDER BY 2 DESC, 1
LIMIT %(most)s

-- name: stood
-- How scores stood at the end of the day before a moment.
SELECT t.contact_id, coalesce((
    SELECT d.score FROM score_day d
    WHERE d.contact_id = t.contact_id AND d.model_id = %(model)s AND d.day < t.day
    ORDER BY d.day DESC LIMIT 1
), 0)
FROM unnest(%(contacts)s::bigint[], %(days)s::date[]) AS t (contact_id, day)

-- name: moments
-- The moments before which contacts are looked at, and by how many days that lies before the reference day.
CREATE TEMP TABLE past_moment ON COMMIT DROP AS
SELECT t.contact_id, t.day, t.at, %(reference)s::date - t.day AS shift
FROM unnest(%(contacts)s::bigint[], %(days)s::date[], %(ats)s::timestamptz[])
    AS t (contact_id, day, at)

-- name: signals
-- What they had done before their moments, as if all moments were the reference day.
CREATE TEMP TABLE past_signal_daily ON COMMIT DROP AS
SELECT d.contact_id, d.signal_id, d.day + m.shift AS day, d.n, d.sum,
    d.first_at + make_interval(days => m.shift) AS first_at,
    d.last_at + make_interval(days => m.shift) AS last_at,
    d.high, d.low, d.first_value, d.last_value
FROM signal_daily d
JOIN past_moment m ON m.contact_id = d.contact_id
WHERE d.day < m.day

-- name: values
-- And with which values they had done it.
CREATE TEMP TABLE past_signal_value ON COMMIT DROP AS
SELECT v.contact_id, v.signal_id, v.day + m.shift AS day, v.value,
    v.first_at + make_interval(days => m.shift) AS first_at,
    v.last_at + make_interval(days => m.shift) AS last_at
FROM signal_value v
JOIN past_moment m ON m.contact_id = v.contact_id
WHERE v.day < m.day

-- name: contacts
-- What was known about them; values said at the moment or later are taken out. {fields} are the text columns.
CREATE TEMP TABLE past_contact ON COMMIT DROP AS
SELECT c.*
FROM contact c
JOIN past_moment m ON m.contact_id = c.contact_id

-- name: unlearn
-- Attributes that were said at the moment or later.
UPDATE past_contact AS c
SET attributes = coalesce((
        SELECT jsonb_object_agg(a.key, a.value) FROM jsonb_each(c.attributes) a
        WHERE NOT coalesce((c.provenance -> a.key ->> 'at')::timestamptz >= m.at, false)
    ), '{}'),
    created_at = c.created_at + make_interval(days => m.shift)
FROM past_moment m
WHERE m.contact_id = c.contact_id

-- name: unsay
-- One text column that was said at the moment or later.
UPDATE past_contact AS c SET {field} = ''
FROM past_moment m
WHERE m.contact_id = c.contact_id AND (c.provenance -> %(field)s ->> 'at')::timestamptz >= m.at

-- name: consents
-- Consents given or withdrawn before.
CREATE TEMP TABLE past_consent ON COMMIT DROP AS
SELECT x.* FROM consent x
JOIN past_moment m ON m.contact_id = x.contact_id
WHERE x.at < m.at

-- name: standings
-- When they were first and last seen by then.
CREATE TEMP TABLE past_standing ON COMMIT DROP AS
SELECT s.contact_id, s.first_seen + make_interval(days => m.shift) AS first_seen,
    coalesce(d.last_at, s.first_seen + make_interval(days => m.shift)) AS last_seen,
    0 AS demographic, 0 AS interest, 0 AS engagement, 0 AS score, ''::text AS grade,
    'cold'::text AS temperature, NULL::int AS stage_id, NULL::bigint AS company_id
FROM standing s
JOIN past_moment m ON m.contact_id = s.contact_id
LEFT JOIN (
    SELECT p.contact_id, max(p.last_at) AS last_at FROM past_signal_daily p GROUP BY p.contact_id
) d ON d.contact_id = s.contact_id
