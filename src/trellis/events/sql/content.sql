-- name: items
-- What people looked at, clicked and read in a span of time: contact, kind, key, label.
SELECT e.contact_id, w.kind,
    left(CASE
        WHEN w.kind IN ('page', 'read') THEN coalesce(
            nullif(e.props ->> 'path', ''), nullif(split_part(e.props ->> 'url', '?', 1), ''),
            e.props ->> 'name', ''
        )
        WHEN w.kind = 'click' THEN coalesce(
            nullif(e.props ->> 'element', ''), nullif(e.props ->> 'url', ''),
            nullif(e.props ->> 'file', ''), e.props ->> 'text', ''
        )
        ELSE coalesce(e.props ->> 'template', '')
    END, 300) AS key,
    left(coalesce(
        nullif(e.props ->> 'title', ''), nullif(e.props ->> 'text', ''),
        nullif(e.props ->> 'name', ''), ''
    ), 200) AS label
FROM unnest(%(names)s::int[], %(kinds)s::text[]) AS w (name_id, kind)
JOIN event AS e ON e.name_id = w.name_id
    AND e.at >= %(from_at)s::timestamptz AND e.at < %(to_at)s::timestamptz
WHERE (
    w.kind NOT IN ('opened', 'clicked')
    OR jsonb_typeof(e.props -> 'human') IS DISTINCT FROM 'number'
    OR (e.props ->> 'human')::float8 >= %(human)s::float8
) {who}

-- name: begun
-- The last day that is counted, and the oldest event.
SELECT (SELECT max(d.day) FROM content_day AS d), (SELECT min(e.at) FROM event AS e)

-- name: forget
-- A day that is about to be counted anew.
DELETE FROM content_day AS d WHERE d.day = %(day)s

-- name: count
-- Counts a day from the log; ITEMS stands for the block of that name.
WITH found AS (
    SELECT i.kind, i.key, max(i.label) AS label, count(*) AS n,
        count(DISTINCT i.contact_id) AS people
    FROM ({items}) AS i WHERE i.key <> '' GROUP BY i.kind, i.key
), placed AS (
    SELECT f.*, row_number() OVER (PARTITION BY f.kind ORDER BY f.n DESC, f.key) AS place
    FROM found AS f
), cut AS (
    SELECT p.kind, CASE WHEN p.place <= %(most)s THEN p.key ELSE '' END AS key,
        CASE WHEN p.place <= %(most)s THEN p.label ELSE '' END AS label, p.n, p.people
    FROM placed AS p
)
INSERT INTO content_day AS d (day, kind, key, label, n, people, items)
SELECT %(day)s, c.kind, c.key, max(c.label), sum(c.n), sum(c.people), count(*)
FROM cut AS c GROUP BY c.kind, c.key
ON CONFLICT (day, kind, key) DO UPDATE
SET label = EXCLUDED.label, n = EXCLUDED.n, people = EXCLUDED.people, items = EXCLUDED.items

-- name: forget_signals
-- Signals of a day that is about to be summed up anew.
DELETE FROM signal_day AS d WHERE d.day = %(day)s

-- name: signals
-- How often each signal was counted on a day, and for how many.
INSERT INTO signal_day AS d (signal_id, day, n, contacts)
SELECT s.signal_id, s.day, sum(s.n), count(*)
FROM signal_daily AS s WHERE s.day = %(day)s GROUP BY s.signal_id, s.day
ON CONFLICT (signal_id, day) DO UPDATE SET n = EXCLUDED.n, contacts = EXCLUDED.contacts

-- name: contacts
-- For how many contacts each signal was ever counted, where that changed.
UPDATE signal AS g SET contacts = t.n
FROM (
    SELECT d.signal_id, count(DISTINCT d.contact_id) AS n
    FROM signal_daily AS d GROUP BY d.signal_id
) AS t
WHERE g.id = t.signal_id AND g.contacts <> t.n

-- name: signal_days
-- The days of some signals.
SELECT d.signal_id, d.day, d.n, d.contacts FROM signal_day AS d
WHERE d.signal_id = ANY(%(signals)s) AND d.day >= %(since)s
