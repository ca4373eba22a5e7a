-- name: move
-- Moves the rows of losers to their winners; answers with the keys that moved.
WITH pair AS (
    SELECT * FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS p (winner, loser)
), g AS (
    DELETE FROM {table} AS d USING pair WHERE d.contact_id = pair.loser {only}
    RETURNING pair.winner, pair.loser, d.*
), put AS (
    INSERT INTO {table} AS t (contact_id, {columns})
    SELECT g.winner, {values} FROM g
    ON CONFLICT DO NOTHING
)
SELECT g.loser, jsonb_agg(jsonb_build_array({key})), NULL::jsonb FROM g GROUP BY g.loser

-- name: move_traced
-- Moves rows that remember their first contact themselves.
WITH pair AS (
    SELECT * FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS p (winner, loser)
), g AS (
    DELETE FROM {table} AS d USING pair WHERE d.contact_id = pair.loser {only}
    RETURNING pair.winner, pair.loser, d.*
)
INSERT INTO {table} AS t (contact_id, {columns})
SELECT g.winner, {values} FROM g
ON CONFLICT DO NOTHING

-- name: add
-- Adds the rows of losers to those of their winners; answers with the rows as they were.
WITH pair AS (
    SELECT * FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS p (winner, loser)
), g AS (
    DELETE FROM {table} AS d USING pair WHERE d.contact_id = pair.loser
    RETURNING pair.winner, pair.loser, d.*
), put AS (
    INSERT INTO {table} AS t (contact_id, {columns})
    SELECT g.winner, {values} FROM g GROUP BY g.winner, {key}
    ON CONFLICT (contact_id, {names}) DO UPDATE SET {sums}
)
SELECT g.loser, NULL::jsonb, jsonb_agg(to_jsonb(g) - 'winner' - 'loser' - 'contact_id')
FROM g GROUP BY g.loser

-- name: keep
-- Gives winners the rows they lack; answers with the keys taken and the rows left over.
WITH pair AS (
    SELECT * FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS p (winner, loser)
), g AS (
    DELETE FROM {table} AS d USING pair WHERE d.contact_id = pair.loser
    RETURNING pair.winner, pair.loser, d.*
), put AS (
    INSERT INTO {table} AS t (contact_id, {columns})
    SELECT DISTINCT ON (g.winner, {key}) g.winner, {values} FROM g
    ORDER BY g.winner, {key}, g.loser
    ON CONFLICT DO NOTHING
    RETURNING t.contact_id AS taker, {names}
)
SELECT
    g.loser,
    jsonb_agg(jsonb_build_array({key})) FILTER (WHERE put.taker IS NOT NULL),
    jsonb_agg(to_jsonb(g) - 'winner' - 'loser' - 'contact_id') FILTER (WHERE put.taker IS NULL)
FROM g LEFT JOIN put ON put.taker = g.winner AND {same}
GROUP BY g.loser

-- name: put_back
-- Undo: gives the loser the rows again that were added up or left over.
INSERT INTO {table} AS t (contact_id, {columns})
SELECT %(loser)s, {values} FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) AS g
ON CONFLICT DO NOTHING

-- name: take_off
-- Undo: takes what the loser had added off the winner's totals.
UPDATE {table} AS t SET {sums}
FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) AS g
WHERE t.contact_id = %(winner)s AND {same}

-- name: drop_empty
-- Undo: what nothing is left of.
DELETE FROM {table} AS t WHERE t.contact_id = %(winner)s AND {empty}

-- name: mirror
-- Moves the mirror of identities; answers with what moved.
WITH pair AS (
    SELECT * FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS p (winner, loser)
), g AS (
    DELETE FROM contact_identity AS d USING pair WHERE d.contact_id = pair.loser
    RETURNING pair.winner, pair.loser, d.kind, d.value
), put AS (
    INSERT INTO contact_identity AS t (contact_id, kind, value)
    SELECT g.winner, g.kind, g.value FROM g
    ON CONFLICT DO NOTHING
)
SELECT winner, loser, kind, value FROM g ORDER BY value, kind

-- name: point
-- Points identities to another contact.
UPDATE identity AS i SET contact_id = t.contact_id
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS t (contact_id, kind, value)
WHERE i.value = t.value AND i.kind = t.kind

-- name: spans
-- The winners' standing before, for undo.
SELECT contact_id, first_seen, last_seen, stage_id FROM standing WHERE contact_id = ANY(%s)

-- name: unstand
-- The losers' standing, which goes.
DELETE FROM standing WHERE contact_id = ANY(%s)
RETURNING contact_id, first_seen, last_seen, stage_id

-- name: stand
-- What winners take over of it.
UPDATE standing AS s
SET first_seen = least(s.first_seen, t.first_seen),
    last_seen = greatest(s.last_seen, t.last_seen),
    stage_id = coalesce(s.stage_id, t.stage_id)
FROM (
    SELECT p.contact_id, min(p.first_seen) AS first_seen, max(p.last_seen) AS last_seen,
        max(p.stage_id) AS stage_id
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::int[])
        AS p (contact_id, first_seen, last_seen, stage_id)
    GROUP BY p.contact_id
) AS t
WHERE s.contact_id = t.contact_id

-- name: link
-- Links losers to their winners.
UPDATE contact AS c SET merged_into = t.winner, updated_at = %s
FROM unnest(%s::bigint[], %s::bigint[]) AS t (winner, loser)
WHERE c.contact_id = t.loser
RETURNING c.contact_id, c.known

-- name: know
-- A winner is known where the loser was.
UPDATE contact AS c SET known = true
FROM contact AS l
WHERE l.contact_id = ANY(%s) AND l.known AND c.contact_id = l.merged_into AND NOT c.known

-- name: note
-- The merges, with what undo needs.
INSERT INTO merge AS m (contact_id, loser_id, at, reason, actor, kept)
SELECT t.winner, t.loser, %s, t.reason, %s, t.kept
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::jsonb[])
    AS t (winner, loser, reason, kept)
