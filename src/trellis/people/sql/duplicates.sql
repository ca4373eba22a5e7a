-- name: note
-- Contacts whose duplicates are to be looked for again.
INSERT INTO likeness_due AS d (contact_id)
SELECT t.contact_id FROM unnest(%s::bigint[]) AS t (contact_id)

-- name: due
-- Some of them.
SELECT contact_id, due_id FROM likeness_due ORDER BY contact_id LIMIT %s

-- name: looked_at
-- They were looked at; what was noted meanwhile stays.
DELETE FROM likeness_due AS d
USING unnest(%s::bigint[], %s::bigint[]) AS t (contact_id, due_id)
WHERE d.contact_id = t.contact_id AND d.due_id = t.due_id

-- name: beings
-- What of contacts is compared.
SELECT c.contact_id, c.first_name, c.last_name, c.email, c.phone, c.company_id,
    coalesce(co.name, ''), c.city, c.country, c.attributes
FROM contact AS c LEFT JOIN people_company AS co ON co.id = c.company_id
WHERE c.contact_id = ANY(%s) AND c.known AND c.merged_into IS NULL

-- name: named
-- Their strong identities.
SELECT contact_id, kind, value FROM contact_identity
WHERE contact_id = ANY(%s) AND kind IN ('email', 'phone', 'user_id')

-- name: drop_keys
-- Keys that no longer hold.
DELETE FROM likeness AS l
WHERE l.contact_id = ANY(%(ids)s) AND NOT EXISTS (
    SELECT 1 FROM unnest(%(contacts)s::bigint[], %(keys)s::bigint[]) AS t (contact_id, key)
    WHERE t.contact_id = l.contact_id AND t.key = l.key
)

-- name: add_keys
-- Keys that are new.
INSERT INTO likeness AS l (contact_id, key)
SELECT t.contact_id, t.key
FROM unnest(%(contacts)s::bigint[], %(keys)s::bigint[]) AS t (contact_id, key)
ON CONFLICT DO NOTHING

-- name: sharing
-- Who shares each key, at most as many as tell that it is too common.
SELECT t.key, o.contact_id
FROM unnest(%s::bigint[]) AS t (key)
CROSS JOIN LATERAL (
    SELECT l.contact_id FROM likeness AS l WHERE l.key = t.key LIMIT %s
) AS o

-- name: together
-- Open questions: facts that named two of them at once.
SELECT contact_id, other_id, kind, value FROM people_identityconflict
WHERE settled_at IS NULL AND (contact_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s))
LIMIT %(limit)s

-- name: put
-- Pairs with their reasons; what a person decided stays.
INSERT INTO duplicate AS d (contact_id, other_id, confidence, reasons, state, found_at)
SELECT t.contact_id, t.other_id, t.confidence, t.reasons, 'open', %(now)s
FROM unnest(
    %(contacts)s::bigint[], %(others)s::bigint[], %(confidence)s::int[], %(reasons)s::jsonb[]
) AS t (contact_id, other_id, confidence, reasons)
ON CONFLICT (contact_id, other_id) DO UPDATE SET
    confidence = EXCLUDED.confidence,
    reasons = EXCLUDED.reasons,
    state = CASE WHEN d.state = 'apart' THEN 'apart' ELSE 'open' END,
    decided_at = CASE WHEN d.state = 'apart' THEN d.decided_at END,
    decided_by = CASE WHEN d.state = 'apart' THEN d.decided_by ELSE '' END
WHERE d.state <> 'merged'

-- name: forget
-- Open pairs of these contacts that are alike no longer.
DELETE FROM duplicate AS d
WHERE d.state = 'open' AND (d.contact_id = ANY(%(ids)s) OR d.other_id = ANY(%(ids)s))
    AND NOT EXISTS (
        SELECT 1 FROM unnest(%(contacts)s::bigint[], %(others)s::bigint[])
            AS t (contact_id, other_id)
        WHERE t.contact_id = d.contact_id AND t.other_id = d.other_id
    )

-- name: clear_keys
-- A contact that was merged away is compared no longer.
DELETE FROM likeness WHERE contact_id = ANY(%s)

-- name: merged
-- Pairs that are one contact now.
INSERT INTO duplicate AS d
    (contact_id, other_id, confidence, reasons, state, found_at, decided_at, decided_by)
SELECT least(t.winner, t.loser), greatest(t.winner, t.loser), 100, '[]', 'merged', %(now)s,
    %(now)s, %(actor)s
FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS t (winner, loser)
ON CONFLICT (contact_id, other_id) DO UPDATE SET
    state = EXCLUDED.state,
    decided_at = EXCLUDED.decided_at,
    decided_by = EXCLUDED.decided_by

-- name: inherit
-- Whom a loser was told apart from, its winner is too.
INSERT INTO duplicate AS d (
    contact_id, other_id, confidence, reasons, state, found_at, decided_at, decided_by, via_id
)
SELECT DISTINCT ON (least(t.winner, q.other), greatest(t.winner, q.other))
    least(t.winner, q.other), greatest(t.winner, q.other), q.confidence, q.reasons, 'apart',
    q.found_at, q.decided_at, q.decided_by, t.loser
FROM unnest(%(winners)s::bigint[], %(losers)s::bigint[]) AS t (winner, loser)
CROSS JOIN LATERAL (
    SELECT p.other_id AS other, p.confidence, p.reasons, p.found_at, p.decided_at, p.decided_by
    FROM duplicate AS p WHERE p.contact_id = t.loser AND p.state = 'apart'
    UNION ALL
    SELECT p.contact_id, p.confidence, p.reasons, p.found_at, p.decided_at, p.decided_by
    FROM duplicate AS p WHERE p.other_id = t.loser AND p.state = 'apart'
) AS q
WHERE q.other <> t.winner
ORDER BY 1, 2, t.loser
ON CONFLICT (contact_id, other_id) DO UPDATE SET
    state = 'apart',
    decided_at = EXCLUDED.decided_at,
    decided_by = EXCLUDED.decided_by,
    via_id = EXCLUDED.via_id
WHERE d.state = 'open'

-- name: drop_open
-- Open pairs with a contact that was merged away.
DELETE FROM duplicate AS d
WHERE d.state = 'open' AND (d.contact_id = ANY(%(losers)s) OR d.other_id = ANY(%(losers)s))

-- name: undone
-- A merge that a person took apart again: they are two people.
UPDATE duplicate AS d SET state = 'apart', decided_at = %(now)s, decided_by = %(actor)s
WHERE d.contact_id = least(%(winner)s::bigint, %(loser)s::bigint)
    AND d.other_id = greatest(%(winner)s::bigint, %(loser)s::bigint)

-- name: disinherit
-- What was inherited through a merge that was undone.
DELETE FROM duplicate WHERE via_id = %(loser)s

-- name: decide
-- A person's word on a pair, whether it was in the queue or not.
INSERT INTO duplicate AS d
    (contact_id, other_id, confidence, reasons, state, found_at, decided_at, decided_by)
VALUES (%(one)s, %(other)s, 0, '[]', %(state)s, %(now)s, %(at)s, %(actor)s)
ON CONFLICT (contact_id, other_id) DO UPDATE SET
    state = EXCLUDED.state,
    decided_at = EXCLUDED.decided_at,
    decided_by = EXCLUDED.decided_by,
    via_id = NULL
WHERE d.state <> 'merged'

-- name: unname
-- Pairs that name somebody who is erased.
DELETE FROM duplicate WHERE contact_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s)

-- name: queue
-- The queue: the surest pairs first, or what was decided, the newest first.
SELECT d.contact_id, d.other_id, d.confidence, d.reasons, d.state, d.found_at, d.decided_at,
    d.decided_by
FROM duplicate AS d
WHERE {where}
ORDER BY {order}
LIMIT %(limit)s

-- name: counts
-- How many open pairs there are, how many of them sure, up to a limit.
SELECT count(*), count(*) FILTER (WHERE confidence >= %(sure)s)
FROM (SELECT confidence FROM duplicate WHERE state = 'open'
    ORDER BY confidence DESC, contact_id, other_id LIMIT %(limit)s) AS t
