-- name: board
-- How many leads stand in each stage of a line, and how many ended there otherwise than won.
SELECT l.stage_id, count(*) FILTER (WHERE l.outcome IN ('', 'won')),
    count(*) FILTER (WHERE l.outcome NOT IN ('', 'won')),
    count(*) FILTER (WHERE l.proposed_id IS NOT NULL)
FROM lead l
WHERE l.line_id = %(line)s
GROUP BY l.stage_id

-- name: flow
-- How many came into each stage of a line since a time, and how many left it.
SELECT v.stage_id, sum(v.came)::bigint, sum(v.went)::bigint
FROM stage_move m
CROSS JOIN LATERAL (VALUES (m.to_stage_id, 1, 0), (m.from_stage_id, 0, 1))
    AS v (stage_id, came, went)
WHERE m.line_id = %(line)s AND m.at >= %(since)s AND m.from_stage_id IS DISTINCT FROM m.to_stage_id
    AND v.stage_id IS NOT NULL
GROUP BY v.stage_id

-- name: leads
-- Leads of a line with who they are, the longest in their stage last; {filters} are fixed
-- conditions with their places.
SELECT l.contact_id, l.stage_id, l.stage_since, l.owner_id, l.value, l.currency, l.outcome,
    l.reason_id, l.closed_at, l.proposed_id, l.version, l.created_at, c.first_name,
    c.last_name, c.email, c.phone, coalesce(s.score, 0) AS score,
    coalesce(s.temperature, 'cold') AS temperature
FROM lead l
JOIN contact c ON c.contact_id = l.contact_id
LEFT JOIN standing s ON s.contact_id = l.contact_id
WHERE l.line_id = %(line)s {filters}
ORDER BY l.stage_since DESC, l.contact_id DESC
LIMIT %(limit)s

-- name: proposals
-- Open proposals of a line with who they are about, newest first.
SELECT p.contact_id, p.proposal_id, p.from_stage_id, p.stage_id, p.made_at, p.facts,
    c.first_name, c.last_name, c.email, c.phone, coalesce(s.score, 0) AS score,
    coalesce(s.temperature, 'cold') AS temperature, coalesce(s.grade, '') AS grade,
    s.last_seen
FROM stage_proposal p
JOIN contact c ON c.contact_id = p.contact_id
LEFT JOIN standing s ON s.contact_id = p.contact_id
WHERE p.line_id = %(line)s AND p.state = 'open' {filters}
ORDER BY p.made_at DESC, p.proposal_id DESC
LIMIT %(limit)s

-- name: proposal_counts
-- How many open proposals there are, by line.
SELECT p.line_id, count(*) FROM stage_proposal p WHERE p.state = 'open' GROUP BY p.line_id

-- name: of_contact
-- The leads of a contact in live lines, the default one first.
SELECT l.line_id, n.key AS line_key, n.name AS line, n."default", l.stage_id, l.stage_since,
    l.owner_id, coalesce(nullif(u.name, ''), u.email, '') AS owner, l.value, l.currency,
    l.outcome, coalesce(r.name, '') AS reason, l.closed_at, l.proposed_id, l.version
FROM lead l
JOIN line n ON n.id = l.line_id AND n.archived_at IS NULL
LEFT JOIN lead_reason r ON r.id = l.reason_id
LEFT JOIN accounts_user u ON u.id = l.owner_id
WHERE l.contact_id = %(contact)s
ORDER BY n."default" DESC, n.rank, n.id

-- name: visitors
-- Visitors nobody knows.
SELECT count(*) FROM contact c WHERE NOT c.known AND c.merged_into IS NULL

-- name: owners
-- Who owns the leads of some contacts in the default line.
SELECT l.contact_id, l.owner_id
FROM lead l
JOIN line n ON n.id = l.line_id AND n."default"
WHERE l.contact_id = ANY(%(contacts)s::bigint[]) AND l.owner_id IS NOT NULL
