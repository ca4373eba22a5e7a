-- name: of_all
-- Items of some kinds over a span of days, summed up; the empty key stands for those cut off.
SELECT d.kind, d.key, max(d.label), sum(d.n), sum(d.people), sum(d.items)
FROM content_day AS d
WHERE d.day BETWEEN %(since)s AND %(until)s AND d.kind = ANY(%(kinds)s)
GROUP BY d.kind, d.key

-- name: days
-- One kind, day by day.
SELECT d.day, sum(d.n) FROM content_day AS d
WHERE d.day BETWEEN %(since)s AND %(until)s AND d.kind = %(kind)s
GROUP BY d.day ORDER BY d.day

-- name: size
-- How many are in a segment.
SELECT count(*) FROM membership AS m WHERE m.segment_id = %(segment)s

-- name: members
-- Some members of a segment, spread evenly by a mixing of their numbers.
SELECT m.contact_id FROM membership AS m WHERE m.segment_id = %(segment)s
ORDER BY (m.contact_id * 7919) %% 104729, m.contact_id LIMIT %(most)s

-- name: of_some
-- Items that some people looked at, clicked and read; ITEMS stands for that block of content.
SELECT i.kind, i.key, max(i.label), count(*), count(DISTINCT i.contact_id), 1
FROM ({items}) AS i
WHERE i.kind = ANY(%(wanted)s) AND i.key <> ''
GROUP BY i.kind, i.key
