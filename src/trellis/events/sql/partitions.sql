-- name: there
-- The monthly partitions of a table, by name.
SELECT c.relname FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
JOIN pg_class AS p ON p.oid = i.inhparent
WHERE p.relname = %s AND c.relname <> p.relname || '_default'

-- name: months
-- The months of which the default partition holds rows.
SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM {table}_default

-- name: make
-- A month's table, still apart.
CREATE TABLE {part} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)

-- name: fill
-- Rows of the month that came before its partition did.
WITH moved AS (
    DELETE FROM {table}_default AS d
    WHERE d.at >= %(from_at)s AND d.at < %(to_at)s RETURNING d.*
)
INSERT INTO {part} SELECT * FROM moved

-- name: attach
-- Makes it a partition.
ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES FROM ('{from_at}') TO ('{to_at}')

-- name: drop
-- Retention: a month that is kept no longer.
DROP TABLE {part}

-- name: drop_strays
-- Retention in the default partition.
DELETE FROM {table}_default WHERE at < %s
