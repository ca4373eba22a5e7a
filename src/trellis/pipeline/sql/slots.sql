-- name: holders
-- How many workers share the slots of a queue: live leases, live workers, and the asker.
SELECT count(*) FROM (
    SELECT holder FROM slot_lease WHERE queue = %(queue)s AND until > %(now)s AND holder <> ''
    UNION
    SELECT name FROM worker WHERE kind = 'worker' AND at > %(alive)s
    UNION
    SELECT %(holder)s
) AS holders

-- name: lease
-- Prolongs what the holder has and takes what is free, up to its share.
UPDATE slot_lease AS l
SET holder = %(holder)s, until = %(until)s
FROM (
    SELECT queue, slot FROM slot_lease
    WHERE queue = %(queue)s AND (holder = %(holder)s OR until <= %(now)s)
    ORDER BY (holder = %(holder)s) DESC, slot
    LIMIT %(share)s
    FOR UPDATE SKIP LOCKED
) AS mine
WHERE l.queue = mine.queue AND l.slot = mine.slot
RETURNING l.slot

-- name: give_back
-- Frees what the holder has beyond its share, for the others.
UPDATE slot_lease SET holder = '', until = %(now)s
WHERE queue = %(queue)s AND holder = %(holder)s AND NOT slot = ANY(%(kept)s)

-- name: holders_here
-- Who of this machine holds slots, or reports as a worker.
SELECT holder FROM slot_lease WHERE starts_with(holder, %(host)s)
UNION
SELECT name FROM worker WHERE kind = 'worker' AND starts_with(name, %(host)s)

-- name: release
-- Frees everything of a holder that stops.
UPDATE slot_lease SET holder = '', until = %(now)s WHERE holder = %(holder)s

-- name: forget
-- A worker that is gone no longer counts.
DELETE FROM worker WHERE name = %(holder)s
