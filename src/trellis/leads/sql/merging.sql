-- name: place
-- Moves leads of merged contacts to the stage that is further along.
UPDATE lead AS l
SET stage_id = t.stage_id, stage_since = %(now)s, updated_at = %(now)s, back_from_id = NULL
FROM unnest(%(contacts)s::bigint[], %(lines)s::int[], %(after)s::int[])
    AS t (contact_id, line_id, stage_id)
WHERE l.contact_id = t.contact_id AND l.line_id = t.line_id

-- name: log
-- Appends to the history that a merge moved them.
INSERT INTO stage_move AS m
    (contact_id, line_id, from_stage_id, to_stage_id, at, actor, how, reason, facts)
SELECT t.contact_id, t.line_id, t.before, t.after, %(now)s, %(actor)s, 'merge', t.reason, t.facts
FROM unnest(
    %(contacts)s::bigint[], %(lines)s::int[], %(before)s::int[], %(after)s::int[],
    %(reasons)s::text[], %(facts)s::jsonb[]
) AS t (contact_id, line_id, before, after, reason, facts)

-- name: headline
-- Mirrors the stage of the default line into the standing.
UPDATE standing AS s SET stage_id = t.stage_id
FROM unnest(%(contacts)s::bigint[], %(lines)s::int[], %(after)s::int[])
    AS t (contact_id, line_id, stage_id)
WHERE s.contact_id = t.contact_id AND t.line_id = %(default)s
