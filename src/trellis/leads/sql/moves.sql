-- name: place
-- Makes the leads there are none of yet, and moves those there are, to a stage each.
INSERT INTO lead AS l (contact_id, line_id, stage_id, stage_since, back_from_id, created_at, updated_at)
SELECT t.contact_id, %(line)s, t.stage_id, %(now)s, NULL, %(now)s, %(now)s
FROM unnest(%(contacts)s::bigint[], %(stages)s::int[]) AS t (contact_id, stage_id)
ON CONFLICT (contact_id, line_id) DO UPDATE SET
    stage_id = EXCLUDED.stage_id,
    stage_since = EXCLUDED.stage_since,
    updated_at = EXCLUDED.updated_at

-- name: bind
-- Notes from which stage leads were moved back, or that nothing binds them.
UPDATE lead AS l SET back_from_id = t.back_from_id
FROM unnest(%(contacts)s::bigint[], %(back_from)s::int[]) AS t (contact_id, back_from_id)
WHERE l.contact_id = t.contact_id AND l.line_id = %(line)s
    AND l.back_from_id IS DISTINCT FROM t.back_from_id

-- name: log
-- Appends to the history of moves.
INSERT INTO stage_move AS m (contact_id, line_id, from_stage_id, to_stage_id, at, actor, how, reason, facts)
SELECT t.contact_id, %(line)s, t.before, t.after, %(now)s, %(actor)s, %(how)s, %(reason)s, t.facts
FROM unnest(%(contacts)s::bigint[], %(before)s::int[], %(after)s::int[], %(facts)s::jsonb[])
    AS t (contact_id, before, after, facts)

-- name: headline
-- Mirrors the stage of the default line into the standing.
UPDATE standing AS s SET stage_id = t.stage_id
FROM unnest(%(contacts)s::bigint[], %(stages)s::int[]) AS t (contact_id, stage_id)
WHERE s.contact_id = t.contact_id

-- name: hold
-- Takes the row locks that a batch takes first too, in the order of ids.
UPDATE standing AS s SET last_seen = s.last_seen
FROM (SELECT t.contact_id FROM unnest(%(contacts)s::bigint[]) AS t (contact_id) ORDER BY 1) AS q
WHERE s.contact_id = q.contact_id

-- name: held
-- What decides about the move of each contact, after the locks are taken.
SELECT c.contact_id, c.known, l.stage_id
FROM contact c
LEFT JOIN lead l ON l.contact_id = c.contact_id AND l.line_id = %(line)s
WHERE c.contact_id = ANY(%(contacts)s::bigint[]) AND c.merged_into IS NULL
ORDER BY c.contact_id

-- name: in_stage
-- Everybody in a stage of a line.
SELECT l.contact_id FROM lead l
WHERE l.line_id = %(line)s AND l.stage_id = %(stage)s
ORDER BY l.contact_id
