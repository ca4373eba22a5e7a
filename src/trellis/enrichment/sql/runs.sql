-- name: add
-- Contacts that a source is to be asked about; nobody about whom it was asked before and
-- has the answer, or who waits already. By hand, everybody who does not wait.
INSERT INTO enrichment_run AS r
    (contact_id, source_id, how, state, reason, tries, at, wake_at, added, answer)
SELECT t.contact_id, %(source)s, %(how)s, 'waiting', '', 0, %(now)s, %(now)s, '{}', ''
FROM unnest(%(ids)s::bigint[]) AS t (contact_id)
WHERE NOT EXISTS (
    SELECT 1 FROM enrichment_run AS o
    WHERE o.contact_id = t.contact_id AND o.source_id = %(source)s
        AND (o.wake_at IS NOT NULL OR %(how)s = 'rule')
)
RETURNING r.contact_id, r.run_id

-- name: due
-- Sources that have questions due.
SELECT DISTINCT source_id FROM enrichment_run WHERE wake_at <= %(now)s

-- name: asked
-- How often a source was asked since a moment.
SELECT count(*) FROM enrichment_run WHERE source_id = %(source)s AND asked_at > %(since)s

-- name: claim
-- Takes some questions of a source that are due; a claim that runs out is taken again.
WITH mine AS (
    SELECT contact_id, run_id FROM enrichment_run
    WHERE wake_at <= %(now)s AND source_id = %(source)s
    ORDER BY wake_at LIMIT %(limit)s
)
UPDATE enrichment_run AS r
SET wake_at = %(until)s, tries = r.tries + 1, asked_at = %(now)s
FROM mine
WHERE r.contact_id = mine.contact_id AND r.run_id = mine.run_id AND r.wake_at <= %(now)s
RETURNING r.contact_id, r.run_id, r.tries

-- name: settle
-- What came of a question.
UPDATE enrichment_run AS r
SET state = %(state)s, reason = %(reason)s, wake_at = %(wake)s, added = %(added)s,
    answer = %(answer)s
WHERE r.contact_id = %(contact)s AND r.run_id = %(run)s

-- name: stop
-- Questions of a source that is switched off wait no more.
UPDATE enrichment_run AS r
SET state = 'skipped', reason = %(reason)s, wake_at = NULL
WHERE r.source_id = %(source)s AND r.wake_at IS NOT NULL

-- name: counts
-- What came of the questions of each source since a moment, by reason.
SELECT source_id, state, reason, count(*) FROM enrichment_run
WHERE at >= %(since)s GROUP BY source_id, state, reason ORDER BY count(*) DESC

-- name: latest
-- The last questions of a source.
SELECT contact_id, run_id, how, state, reason, tries, asked_at, wake_at, added, answer
FROM enrichment_run WHERE source_id = %(source)s AND asked_at IS NOT NULL
ORDER BY asked_at DESC LIMIT %(limit)s
