-- name: waiting
-- What waits for somebody's decision, each counted up to a limit: open proposals, pairs that
-- may be one person, and the unread notices of a user.
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM stage_proposal WHERE state = 'open' LIMIT %(most)s) AS p),
    (SELECT count(*) FROM (
        SELECT 1 FROM duplicate WHERE state = 'open' LIMIT %(most)s) AS d),
    (SELECT count(*) FROM (
        SELECT 1 FROM accounts_notice WHERE user_id = %(user)s AND read_at IS NULL
        LIMIT %(most)s) AS n)
