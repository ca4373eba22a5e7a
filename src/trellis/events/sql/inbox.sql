-- name: claim
-- Takes the oldest rows that no other worker holds, up to a number of facts.
DELETE FROM inbox
WHERE id IN (
    SELECT w.id FROM (
        SELECT l.id, sum(l.n) OVER (ORDER BY l.id) - l.n AS before
        FROM (
            SELECT id, n FROM inbox ORDER BY id LIMIT %(rows)s FOR UPDATE SKIP LOCKED
        ) AS l
    ) AS w
    WHERE w.before < %(facts)s
)
RETURNING id, n, received_at, facts
