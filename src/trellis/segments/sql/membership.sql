-- name: enter
-- Adds pairs of contact and segment; who is in already stays in since then.
INSERT INTO membership AS m (contact_id, segment_id, since)
SELECT t.contact_id, t.segment_id, %(now)s
FROM unnest(%(contacts)s::bigint[], %(segments)s::int[]) AS t (contact_id, segment_id)
ON CONFLICT (contact_id, segment_id) DO NOTHING
RETURNING m.segment_id

-- name: leave
-- Removes pairs of contact and segment.
DELETE FROM membership AS m
USING unnest(%(contacts)s::bigint[], %(segments)s::int[]) AS t (contact_id, segment_id)
WHERE m.contact_id = t.contact_id AND m.segment_id = t.segment_id
RETURNING m.segment_id

-- name: absent
-- Those of some contacts that exist and are not in a segment.
SELECT c.contact_id FROM contact c
WHERE c.contact_id = ANY(%(contacts)s::bigint[]) AND c.merged_into IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM membership m
        WHERE m.contact_id = c.contact_id AND m.segment_id = %(segment)s
    )
ORDER BY c.contact_id

-- name: present
-- Those of some contacts that are in a segment.
SELECT m.contact_id FROM membership m
WHERE m.contact_id = ANY(%(contacts)s::bigint[]) AND m.segment_id = %(segment)s
ORDER BY m.contact_id

-- name: forget
-- Empties a segment that is taken out of use.
DELETE FROM membership AS m WHERE m.segment_id = %(segment)s

-- name: note
-- Remembers what the sizes of segments do not say yet.
INSERT INTO segment_change AS n (segment_id, delta)
SELECT t.segment_id, t.delta
FROM unnest(%(segments)s::int[], %(deltas)s::int[]) AS t (segment_id, delta)

-- name: settle
-- Takes what was remembered into the sizes, of one segment or of all.
WITH taken AS (
    DELETE FROM segment_change AS d
    WHERE %(segment)s::int IS NULL OR d.segment_id = %(segment)s
    RETURNING d.segment_id, d.delta
)
UPDATE segment AS s SET size = s.size + t.n
FROM (SELECT x.segment_id, sum(x.delta)::int AS n FROM taken AS x GROUP BY x.segment_id) AS t
WHERE s.id = t.segment_id AND t.n <> 0 AND s.archived_at IS NULL

-- name: drift
-- Segments in use whose size, with what is to be settled, is not how many are in them, and by
-- how much; all of one moment.
SELECT g.id, g.key, coalesce(m.n, 0) - g.size - coalesce(d.n, 0)
FROM segment AS g
LEFT JOIN (
    SELECT x.segment_id, count(*) AS n FROM membership AS x GROUP BY x.segment_id
) AS m ON m.segment_id = g.id
LEFT JOIN (
    SELECT y.segment_id, sum(y.delta) AS n FROM segment_change AS y GROUP BY y.segment_id
) AS d ON d.segment_id = g.id
WHERE g.archived_at IS NULL AND coalesce(m.n, 0) <> g.size + coalesce(d.n, 0)
ORDER BY g.id

-- name: overlap
-- How many are in each combination of some segments; bit n stands for the n-th of them.
SELECT t.mask, count(*) FROM (
    SELECT m.contact_id,
        bit_or(1 << (array_position(%(segments)s::int[], m.segment_id) - 1)) AS mask
    FROM membership AS m
    WHERE m.segment_id = ANY(%(segments)s::int[])
    GROUP BY m.contact_id
) AS t
GROUP BY t.mask

-- name: named
-- Live contacts by identity: which of some (kind, value) pairs belong to whom.
SELECT t.kind, t.value, c.contact_id
FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
JOIN identity AS i ON i.kind = t.kind AND i.value = t.value
JOIN contact AS c ON c.contact_id = i.contact_id AND c.merged_into IS NULL

-- name: live
-- Those of some contacts that exist and were not merged away.
SELECT c.contact_id FROM contact AS c
WHERE c.contact_id = ANY(%(contacts)s::bigint[]) AND c.merged_into IS NULL
