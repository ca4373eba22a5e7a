-- name: predict
-- Writes the chances of some contacts with what weighed most in each, where they differ from what stands; its placeholder is the SQL of their inputs. Returns those whose chance moved.
WITH weighed AS (
    SELECT t.contact_id, w.key, w.item, f.x,
        w.weight * (least(w.high, greatest(w.low, coalesce(f.x, w.absent))) - w.mean) AS part
    FROM unnest(%(contacts)s::bigint[]) AS t (contact_id)
    CROSS JOIN unnest(
        %(keys)s::text[], %(items)s::text[], %(weights)s::float8[], %(means)s::float8[],
        %(absents)s::float8[], %(lows)s::float8[], %(highs)s::float8[]
    ) AS w (key, item, weight, mean, absent, low, high)
    LEFT JOIN ({facts}) f ON f.contact_id = t.contact_id AND f.key = w.key AND f.item = w.item
), ranked AS (
    SELECT w.contact_id, w.key, w.item, w.x, w.part,
        row_number() OVER (PARTITION BY w.contact_id ORDER BY abs(w.part) DESC, w.key, w.item) AS place
    FROM weighed w
), made AS (
    SELECT r.contact_id,
        round((1 / (1 + exp(-greatest(-30, least(30, %(base)s::float8 + sum(r.part))))))::numeric, 3)::float8 AS chance,
        coalesce(
            jsonb_agg(jsonb_build_array(r.key, r.item, round(r.x::numeric, 4), round(r.part::numeric, 3)) ORDER BY r.place)
                FILTER (WHERE r.place <= %(reasons)s::int AND abs(r.part) >= 0.05),
            '[]'
        ) AS why
    FROM ranked r
    GROUP BY r.contact_id
)
INSERT INTO prediction AS p (contact_id, line_id, number, chance, why, at)
SELECT m.contact_id, %(line)s::int, %(number)s::int, m.chance, m.why, %(now)s::timestamptz FROM made m
ON CONFLICT (contact_id, line_id) DO UPDATE SET
    number = EXCLUDED.number, chance = EXCLUDED.chance, why = EXCLUDED.why, at = EXCLUDED.at
WHERE (p.number, p.chance, p.why) IS DISTINCT FROM (EXCLUDED.number, EXCLUDED.chance, EXCLUDED.why)
RETURNING p.contact_id

-- name: chunk
-- The next open leads of a line.
SELECT l.contact_id
FROM lead l
JOIN stage g ON g.id = l.stage_id
JOIN contact c ON c.contact_id = l.contact_id
WHERE l.line_id = %(line)s AND l.outcome = '' AND g.kind NOT IN ('won', 'lost')
    AND c.known AND c.merged_into IS NULL AND l.contact_id > %(low)s
ORDER BY l.contact_id
LIMIT %(size)s

-- name: forget
-- Takes the chances away that this version did not give, or whose leads are no longer open.
DELETE FROM prediction AS p
WHERE p.line_id = %(line)s AND (p.number <> %(number)s OR NOT EXISTS (
    SELECT 1 FROM lead l
    JOIN stage g ON g.id = l.stage_id
    JOIN contact c ON c.contact_id = l.contact_id
    WHERE l.contact_id = p.contact_id AND l.line_id = %(line)s AND l.outcome = ''
        AND g.kind NOT IN ('won', 'lost') AND c.known AND c.merged_into IS NULL
))
RETURNING p.contact_id

-- name: spread
-- How the chances of a line lie, in ten bands.
SELECT least(9, floor(p.chance * 10)::int) AS band, count(*)
FROM prediction p
WHERE p.line_id = %(line)s
GROUP BY 1

-- name: best
-- The leads of a line with the best chances.
SELECT p.contact_id, p.chance
FROM prediction p
WHERE p.line_id = %(line)s
ORDER BY p.chance DESC, p.contact_id
LIMIT %(most)s

-- name: of_contacts
-- The best chance of each of some contacts, over all lines.
SELECT p.contact_id, max(p.chance)
FROM prediction p
WHERE p.contact_id = ANY(%(contacts)s::bigint[])
GROUP BY 1

-- name: tally
-- How many leads of a line were won, how many lost or disqualified.
SELECT count(*) FILTER (WHERE q.won), count(*) FILTER (WHERE NOT q.won)
FROM (
    SELECT l.contact_id, l.outcome = 'won' OR g.kind = 'won' AS won
    FROM lead l
    JOIN stage g ON g.id = l.stage_id
    JOIN contact c ON c.contact_id = l.contact_id AND c.merged_into IS NULL
    WHERE l.line_id = %(line)s
        AND (l.outcome IN ('won', 'lost', 'disqualified') OR g.kind IN ('won', 'lost'))
) q
