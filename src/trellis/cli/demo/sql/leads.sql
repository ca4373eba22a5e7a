-- name: age_line
-- Leads of the second line stand there since they were last seen, not since the demo was
-- loaded; so do their moves and proposals.
WITH aged AS (
    UPDATE lead AS l SET stage_since = s.last_seen, created_at = s.last_seen, updated_at = s.last_seen
    FROM standing s
    WHERE s.contact_id = l.contact_id AND l.line_id = %(line)s AND l.contact_id >= %(first)s
    RETURNING l.contact_id
), moved AS (
    UPDATE stage_move AS m SET at = s.last_seen
    FROM standing s
    WHERE s.contact_id = m.contact_id AND m.line_id = %(line)s AND m.contact_id >= %(first)s
)
UPDATE stage_proposal AS p SET made_at = %(now)s::timestamptz - (p.contact_id %% 5) * interval '9 hours'
FROM aged a
WHERE p.contact_id = a.contact_id AND p.line_id = %(line)s

-- name: won
-- What was bought was worth something.
UPDATE lead AS l SET value = 38 + (l.contact_id %% 41) * 11.5, currency = 'EUR'
WHERE l.contact_id >= %(first)s AND l.outcome = 'won'

-- name: owners
-- Those near to buying belong to a salesperson.
UPDATE lead AS l SET owner_id = (%(sales)s::bigint[])[1 + l.contact_id %% cardinality(%(sales)s::bigint[])]
FROM stage s
WHERE s.id = l.stage_id AND s.key IN ('sql', 'intention') AND l.contact_id >= %(first)s
    AND l.contact_id %% 6 <> 0

-- name: ended
-- Some leads of the second line that stood still were lost or disqualified, for one of the
-- reasons.
WITH idle AS (
    SELECT l.contact_id, l.line_id, l.stage_id, l.stage_since + interval '16 days' AS at,
        CASE WHEN l.contact_id %% 4 = 0 THEN 'disqualified' ELSE 'lost' END AS outcome
    FROM lead l
    JOIN stage s ON s.id = l.stage_id AND s.key IN ('lead', 'mql', 'sql', 'intention')
    WHERE l.contact_id >= %(first)s AND l.line_id = %(line)s AND l.outcome = ''
        AND l.proposed_id IS NULL
        AND l.stage_since < %(now)s::timestamptz - interval '25 days'
        AND (l.contact_id %% 7 = 0 OR (s.key IN ('sql', 'intention') AND l.contact_id %% 3 = 0))
), reasoned AS (
    SELECT e.contact_id, e.line_id, e.stage_id, e.at, e.outcome, r.id, r.name
    FROM idle e
    JOIN LATERAL (
        SELECT r.id, r.name FROM lead_reason r
        WHERE r.line_id = e.line_id AND r.kind = e.outcome AND r.rule IS NULL
        ORDER BY (r.id + e.contact_id) %% 5, r.id LIMIT 1
    ) r ON true
), put AS (
    UPDATE lead AS l SET outcome = e.outcome, reason_id = e.id, closed_at = e.at, updated_at = e.at
    FROM reasoned e
    WHERE e.contact_id = l.contact_id AND e.line_id = l.line_id
)
INSERT INTO stage_move AS m (contact_id, line_id, from_stage_id, to_stage_id, at, actor, how, reason, facts, outcome)
SELECT e.contact_id, e.line_id, e.stage_id, e.stage_id, e.at, %(actor)s, 'hand', e.name, '{}', e.outcome
FROM reasoned e

-- name: answers
-- Those near to buying were asked the four questions; most answered.
UPDATE contact AS c SET
    attributes = c.attributes || jsonb_strip_nulls(jsonb_build_object(
        'q_target', CASE WHEN c.contact_id %% 9 = 0 THEN 'unsure' ELSE 'yes' END,
        'q_need', CASE c.contact_id %% 5 WHEN 0 THEN NULL WHEN 1 THEN 'unsure' ELSE 'yes' END,
        'q_decides', CASE c.contact_id %% 4 WHEN 0 THEN NULL WHEN 1 THEN 'no' ELSE 'yes' END,
        'q_actions', CASE WHEN c.contact_id %% 2 = 0 THEN '["called", "offer sent"]'::jsonb END)),
    provenance = c.provenance || jsonb_build_object('q_target', w.said, 'q_need', w.said, 'q_decides', w.said, 'q_actions', w.said)
FROM lead l
JOIN stage s ON s.id = l.stage_id AND s.key IN ('sql', 'intention', 'customer')
CROSS JOIN LATERAL (
    SELECT jsonb_build_object('src', %(actor)s::text, 'how', 'active', 'basis', '',
        'at', to_char(l.stage_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')) AS said
) w
WHERE l.contact_id = c.contact_id AND c.contact_id >= %(first)s AND c.contact_id %% 3 <> 2
    AND l.line_id = %(default)s
