-- name: place
-- Makes the leads there are none of yet, and moves those there are, to a stage each. Who
-- stands in a won or lost stage is won or lost; in another one the lead is open.
INSERT INTO lead AS l (contact_id, line_id, stage_id, stage_since, back_from_id, outcome, closed_at, created_at, updated_at)
SELECT t.contact_id, %(line)s, t.stage_id, %(now)s, NULL, t.outcome,
    CASE WHEN t.outcome <> '' THEN %(now)s::timestamptz END, %(now)s, %(now)s
FROM unnest(%(contacts)s::bigint[], %(stages)s::int[], %(outcomes)s::text[])
    AS t (contact_id, stage_id, outcome)
ON CONFLICT (contact_id, line_id) DO UPDATE SET
    stage_id = EXCLUDED.stage_id,
    stage_since = EXCLUDED.stage_since,
    outcome = EXCLUDED.outcome,
    closed_at = CASE WHEN EXCLUDED.outcome = l.outcome THEN l.closed_at ELSE EXCLUDED.closed_at END,
    reason_id = NULL,
    spared = l.spared OR l.outcome = 'disqualified',
    version = l.version + 1,
    updated_at = EXCLUDED.updated_at

-- name: bind
-- Notes from which stage leads were moved back, or that nothing binds them.
UPDATE lead AS l SET back_from_id = t.back_from_id
FROM unnest(%(contacts)s::bigint[], %(back_from)s::int[]) AS t (contact_id, back_from_id)
WHERE l.contact_id = t.contact_id AND l.line_id = %(line)s
    AND l.back_from_id IS DISTINCT FROM t.back_from_id

-- name: end
-- Ends leads as lost or disqualified for a reason, or opens them again ("").
UPDATE lead AS l SET
    outcome = t.outcome,
    reason_id = t.reason_id,
    closed_at = CASE WHEN t.outcome <> '' THEN %(now)s::timestamptz END,
    spared = l.spared OR (t.outcome = '' AND l.outcome = 'disqualified'),
    version = l.version + 1,
    updated_at = %(now)s
FROM unnest(%(contacts)s::bigint[], %(outcomes)s::text[], %(reasons)s::int[])
    AS t (contact_id, outcome, reason_id)
WHERE l.contact_id = t.contact_id AND l.line_id = %(line)s

-- name: worth
-- What a won lead is worth.
UPDATE lead AS l SET value = %(value)s, currency = %(currency)s, version = l.version + 1,
    updated_at = %(now)s
WHERE l.contact_id = %(contact)s AND l.line_id = %(line)s

-- name: log
-- Appends to the history of moves.
INSERT INTO stage_move AS m (contact_id, line_id, from_stage_id, to_stage_id, at, actor, how, reason, facts, outcome, cause_id)
SELECT t.contact_id, %(line)s, t.before, t.after, %(now)s, %(actor)s, %(how)s, t.reason, t.facts, t.outcome, t.cause
FROM unnest(%(contacts)s::bigint[], %(before)s::int[], %(after)s::int[], %(facts)s::jsonb[],
    %(outcomes)s::text[], %(reason_texts)s::text[], %(causes)s::bigint[])
    AS t (contact_id, before, after, facts, outcome, reason, cause)

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
SELECT c.contact_id, c.known, l.stage_id, coalesce(l.outcome, ''), coalesce(l.version, 0)
FROM contact c
LEFT JOIN lead l ON l.contact_id = c.contact_id AND l.line_id = %(line)s
WHERE c.contact_id = ANY(%(contacts)s::bigint[]) AND c.merged_into IS NULL
ORDER BY c.contact_id

-- name: in_stage
-- Everybody in a stage of a line.
SELECT l.contact_id, l.outcome FROM lead l
WHERE l.line_id = %(line)s AND l.stage_id = %(stage)s
ORDER BY l.contact_id

-- name: keep_outcome
-- Leads that were moved out of an archived stage stay what they were: won, lost, open.
UPDATE lead AS l SET outcome = t.outcome, closed_at = CASE WHEN t.outcome <> '' THEN l.stage_since END
FROM unnest(%(contacts)s::bigint[], %(outcomes)s::text[]) AS t (contact_id, outcome)
WHERE l.contact_id = t.contact_id AND l.line_id = %(line)s AND l.outcome <> t.outcome

-- name: propose
-- Notes for which stage leads are proposed now (NULL: for none), and whether what was
-- refused before is forgotten.
UPDATE lead AS l SET proposed_id = t.stage_id,
    refused = CASE WHEN t.forget THEN '' ELSE l.refused END
FROM unnest(%(contacts)s::bigint[], %(stages)s::int[], %(forget)s::boolean[])
    AS t (contact_id, stage_id, forget)
WHERE l.contact_id = t.contact_id AND l.line_id = %(line)s

-- name: withdraw
-- Ends open proposals whose facts changed before anybody decided.
UPDATE stage_proposal AS p SET state = 'withdrawn', settled_at = %(now)s, actor = 'system'
WHERE p.contact_id = ANY(%(contacts)s::bigint[]) AND p.line_id = %(line)s AND p.state = 'open'

-- name: put_proposals
-- New proposals with the facts that speak for them.
INSERT INTO stage_proposal AS p (contact_id, line_id, from_stage_id, stage_id, made_at, facts)
SELECT t.contact_id, %(line)s, t.before, t.stage_id, %(now)s, t.facts
FROM unnest(%(contacts)s::bigint[], %(before)s::int[], %(stages)s::int[], %(facts)s::jsonb[])
    AS t (contact_id, before, stage_id, facts)

-- name: open_proposals
-- Of these contacts, the open proposals, with the facts a refusal is remembered by.
SELECT p.contact_id, p.proposal_id, p.stage_id, s.temperature, s.grade
FROM stage_proposal p
JOIN standing s ON s.contact_id = p.contact_id
WHERE p.contact_id = ANY(%(contacts)s::bigint[]) AND p.line_id = %(line)s AND p.state = 'open'
ORDER BY p.contact_id

-- name: settle_proposals
-- What became of open proposals.
UPDATE stage_proposal AS p SET state = %(state)s, settled_at = %(now)s, actor = %(actor)s, reason = %(reason)s
WHERE p.contact_id = ANY(%(contacts)s::bigint[]) AND p.line_id = %(line)s AND p.state = 'open'

-- name: refuse
-- Leads remember what was refused, so that it is not proposed again on the same facts.
UPDATE lead AS l SET proposed_id = NULL, refused = t.refused
FROM unnest(%(contacts)s::bigint[], %(refused)s::text[]) AS t (contact_id, refused)
WHERE l.contact_id = t.contact_id AND l.line_id = %(line)s
