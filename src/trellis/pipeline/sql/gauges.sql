-- name: inbox
-- Facts that wait, and when the oldest of them was received.
SELECT coalesce(sum(n), 0), min(received_at) FROM inbox

-- name: due
-- Timers that are due and not done: enrolments, messages.
SELECT
    (SELECT count(*) FROM enrolment WHERE wake_at <= %(now)s),
    (SELECT count(*) FROM message WHERE wake_at <= %(now)s)

-- name: jobs
-- Background jobs that wait, and that run.
SELECT status::text, count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') GROUP BY status

-- name: workers
-- When each process last reported.
SELECT kind, name, at, facts FROM worker ORDER BY kind, name

-- name: counted
-- What was counted since a minute, by name and reason.
SELECT name, reason, sum(n) FROM core_counter WHERE minute >= %(since)s
GROUP BY name, reason ORDER BY name, reason
