-- name: collect
-- What one group commit of the collector accepted: rows of the inbox, and their counts.
WITH counted AS (
    INSERT INTO core_counter AS c (minute, name, reason, n)
    SELECT %(minute)s, t.name, t.reason, t.n
    FROM unnest(%(names)s::text[], %(reasons)s::text[], %(counts)s::bigint[])
        AS t (name, reason, n)
    ON CONFLICT (minute, name, reason) DO UPDATE SET n = c.n + EXCLUDED.n
)
INSERT INTO inbox AS i (slot, n, received_at, facts)
SELECT t.slot, t.n, %(received)s, t.facts
FROM unnest(%(slots)s::smallint[], %(sizes)s::int[], %(facts)b::bytea[])
    AS t (slot, n, facts)
