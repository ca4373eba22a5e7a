-- name: count_signal
-- Rolls one signal up from the demo's history. {condition} is its filter over e.props,
-- {value} and {said} the property that it keeps.
INSERT INTO signal_daily AS d (
    contact_id, signal_id, day, n, sum, first_at, last_at, high, low, first_value, last_value
)
SELECT e.contact_id, %(signal_id)s, (e.at AT TIME ZONE %(zone)s)::date, count(*),
    coalesce(sum({value}), 0), min(e.at), max(e.at), max({value}), min({value}),
    min({said}), max({said})
FROM event AS e
JOIN event_name AS n ON n.id = e.name_id AND n.type = %(type)s AND n.name = %(name)s
WHERE e.contact_id >= %(first)s AND {condition}
GROUP BY e.contact_id, (e.at AT TIME ZONE %(zone)s)::date

-- name: woken
-- Whom the scores of companies made due.
SELECT s.contact_id FROM standing AS s WHERE s.next_on <= %s

-- name: age_memberships
-- Members have been in since they were last seen, not since the demo was loaded.
UPDATE membership AS m
SET since = s.last_seen
FROM standing AS s
WHERE s.contact_id = m.contact_id AND m.contact_id >= %(first)s

-- name: last_seen
-- When the demo's contacts were last seen.
SELECT s.contact_id, s.last_seen FROM standing AS s WHERE s.contact_id >= %(first)s

-- name: count_minutes
-- What was logged in each minute of the last day, as the pipeline would have counted it.
INSERT INTO core_counter AS c (minute, name, reason, n)
SELECT date_trunc('minute', e.at), 'logged', n.type, count(*)
FROM event AS e
JOIN event_name AS n ON n.id = e.name_id
WHERE e.at > %(since)s AND e.contact_id >= %(first)s
GROUP BY date_trunc('minute', e.at), n.type
ON CONFLICT (minute, name, reason) DO UPDATE SET n = c.n + EXCLUDED.n

-- name: count_steps
-- How many runs passed each step of each version, by outcome and slot.
INSERT INTO step_count AS c (version_id, step, outcome, slot, n)
SELECT t.version_id, t.step, t.outcome, t.slot, t.n
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::bigint[])
    AS t (version_id, step, outcome, slot, n)

-- name: drop_still
-- Days of the score history on which nothing changed against the row before.
DELETE FROM score_day AS d
WHERE d.contact_id >= %(first)s AND d.day = %(today)s AND d.score = (
    SELECT b.score FROM score_day b
    WHERE b.contact_id = d.contact_id AND b.model_id = d.model_id AND b.day < d.day
    ORDER BY b.day DESC LIMIT 1
)

-- name: analyze_derived
-- What the first derivation filled: later ones plan with it.
ANALYZE standing, membership, segment_move, score, score_day

-- name: analyze
-- Fresh statistics, so that derivation and the first pages plan well.
ANALYZE contact, identity, contact_identity, event, standing, lead, stage_move, stage_proposal, message,
    enrolment, step_pass, signal_daily, membership, segment_move, consent, touch, score,
    score_day
