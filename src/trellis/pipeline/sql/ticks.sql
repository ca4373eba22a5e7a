-- name: due_windows
-- Contacts one of whose windows moves today or moved before.
SELECT contact_id FROM standing WHERE next_on <= %s ORDER BY contact_id

-- name: take_windows
-- Locks contacts that are derived because of the day; derivation sets the next day.
UPDATE standing AS s SET next_on = NULL
FROM (SELECT t.contact_id FROM unnest(%s::bigint[]) AS t (contact_id) ORDER BY 1) AS q
WHERE s.contact_id = q.contact_id AND s.next_on <= %s
RETURNING s.contact_id

-- name: wake
-- Makes people due, because something that a rule reads of them changed by night.
UPDATE standing AS s SET next_on = %(today)s
FROM (SELECT t.contact_id FROM unnest(%(contacts)s::bigint[]) AS t (contact_id) ORDER BY 1) AS q
WHERE s.contact_id = q.contact_id AND (s.next_on IS NULL OR s.next_on > %(today)s)

-- name: next_wake
-- The next moment at which a timer is due.
SELECT least(
    (SELECT min(wake_at) FROM enrolment WHERE wake_at > %(now)s),
    (SELECT min(wake_at) FROM message WHERE wake_at > %(now)s)
)

-- name: beat
-- That a process lives.
INSERT INTO worker AS w (name, kind, started_at, at, facts)
VALUES (%(name)s, 'worker', %(started_at)s, %(at)s, %(facts)s)
ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at, facts = EXCLUDED.facts

-- name: forget
-- Processes that stopped reporting long ago.
DELETE FROM worker WHERE at < %s

-- name: leave
-- A process that stops in order.
DELETE FROM worker WHERE name = %s

-- name: try_lock
-- One worker at a time does what needs doing once.
SELECT pg_try_advisory_lock(%s)

-- name: unlock
-- Lets another one do it.
SELECT pg_advisory_unlock(%s)
