-- name: age_moves
-- People entered when they were last seen, by what they did then.
UPDATE segment_move AS v SET at = s.last_seen, cause = e.event_id
FROM standing AS s
LEFT JOIN LATERAL (
    SELECT x.event_id FROM event AS x
    WHERE x.contact_id = s.contact_id AND x.at = s.last_seen AND x.depth = 0 LIMIT 1
) AS e ON true
WHERE s.contact_id = v.contact_id AND v.contact_id >= %(first)s

-- name: reader_moves
-- Readers of the newsletter entered when they agreed to get it.
UPDATE segment_move AS v SET at = k.at, cause = NULL
FROM (
    SELECT c.contact_id, min(c.at) AS at FROM consent AS c
    WHERE c.given AND c.purpose = 'marketing' GROUP BY c.contact_id
) AS k, segment AS g
WHERE k.contact_id = v.contact_id AND g.id = v.segment_id AND g.key = ANY(%(segments)s)

-- name: forget_moves
-- What derivation noted of a segment whose past is told otherwise.
DELETE FROM segment_move AS v USING segment AS g
WHERE g.id = v.segment_id AND g.key = %(segment)s

-- name: windowed_moves
-- The whole past of a segment of those who did something within some days: they enter when
-- they do it, and leave when the days went by without doing it again.
WITH seen AS (
    SELECT d.contact_id, d.day, d.first_at,
        lag(d.day) OVER (PARTITION BY d.contact_id ORDER BY d.day) AS before,
        lead(d.day) OVER (PARTITION BY d.contact_id ORDER BY d.day) AS following
    FROM signal_daily AS d JOIN signal AS s ON s.id = d.signal_id AND s.key = %(signal)s
), moves AS (
    SELECT t.contact_id, t.first_at AS at, true AS entered FROM seen AS t
    WHERE t.before IS NULL OR t.day - t.before >= %(days)s
    UNION ALL
    SELECT t.contact_id, ((t.day + %(days)s::int)::timestamp AT TIME ZONE %(zone)s) + %(morning)s,
        false
    FROM seen AS t
    WHERE (t.following IS NULL OR t.following - t.day >= %(days)s)
        AND ((t.day + %(days)s::int)::timestamp AT TIME ZONE %(zone)s) + %(morning)s < %(now)s
)
INSERT INTO segment_move AS v (contact_id, segment_id, at, entered, why, version, held, cause)
SELECT m.contact_id, g.id, m.at, m.entered,
    CASE WHEN m.entered THEN 'event' ELSE 'clock' END, 1, CASE WHEN m.entered THEN 1 ELSE 0 END,
    e.event_id
FROM moves AS m
JOIN segment AS g ON g.key = %(segment)s
LEFT JOIN LATERAL (
    SELECT x.event_id FROM event AS x
    WHERE m.entered AND x.contact_id = m.contact_id AND x.at = m.at AND x.depth = 0 LIMIT 1
) AS e ON true

-- name: windowed_since
-- Members of that segment are in since they entered.
UPDATE membership AS m SET since = t.at
FROM (
    SELECT v.contact_id, v.segment_id, max(v.at) AS at
    FROM segment_move AS v JOIN segment AS g ON g.id = v.segment_id AND g.key = %(segment)s
    WHERE v.entered GROUP BY v.contact_id, v.segment_id
) AS t
WHERE t.contact_id = m.contact_id AND t.segment_id = m.segment_id

-- name: fair
-- The visitors' book of the trade fair, kept as a list.
WITH put AS (
    INSERT INTO membership AS m (contact_id, segment_id, since)
    SELECT c.contact_id, %(segment)s, %(at)s FROM contact AS c
    WHERE c.attributes @> '{"trade_fair": true}' AND c.merged_into IS NULL
    RETURNING m.contact_id
)
INSERT INTO segment_move AS v (contact_id, segment_id, at, entered, why, version, actor)
SELECT p.contact_id, %(segment)s, %(at)s, true, 'hand', 1, 'user:0 Marta Soler' FROM put AS p

-- name: frozen
-- Who had put something into the cart until then, and was about to be hot.
INSERT INTO membership AS m (contact_id, segment_id, since)
SELECT DISTINCT d.contact_id, %(segment)s::int, %(at)s::timestamptz
FROM signal_daily AS d
JOIN signal AS s ON s.id = d.signal_id AND s.key = %(signal)s
WHERE d.last_at < %(at)s AND d.last_at > %(at)s - interval '14 days'

-- name: sizes
-- How many are in each segment; nothing is left to settle.
WITH settled AS (DELETE FROM segment_change)
UPDATE segment AS g
SET size = (SELECT count(*) FROM membership AS m WHERE m.segment_id = g.id)
