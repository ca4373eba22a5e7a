-- name: stuck
-- Open leads that stand in a stage longer than its limit, the longest over it first, with
-- who owns them, when they were last seen and last moved by whom.
SELECT l.contact_id, l.stage_id, l.stage_since, t.seconds, t.by_limit, c.first_name, c.last_name, c.email,
    c.phone, coalesce(s.score, 0) AS score, coalesce(s.temperature, 'cold') AS temperature,
    s.last_seen, l.owner_id, coalesce(nullif(u.name, ''), u.email, '') AS owner, l.proposed_id
FROM unnest(%(stages)s::int[], %(seconds)s::float8[], %(by_limit)s::boolean[])
    AS t (stage_id, seconds, by_limit)
JOIN lead l ON l.line_id = %(line)s AND l.stage_id = t.stage_id
    AND l.stage_since < %(now)s::timestamptz - make_interval(secs => t.seconds)
JOIN contact c ON c.contact_id = l.contact_id AND c.merged_into IS NULL
LEFT JOIN standing s ON s.contact_id = l.contact_id
LEFT JOIN accounts_user u ON u.id = l.owner_id
WHERE l.outcome = ''
ORDER BY l.stage_since + make_interval(secs => t.seconds), l.contact_id
LIMIT %(limit)s

-- name: count
-- How many there are, by stage.
SELECT l.stage_id, count(*)
FROM unnest(%(stages)s::int[], %(seconds)s::float8[]) AS t (stage_id, seconds)
JOIN lead l ON l.line_id = %(line)s AND l.stage_id = t.stage_id
    AND l.stage_since < %(now)s::timestamptz - make_interval(secs => t.seconds)
WHERE l.outcome = ''
GROUP BY l.stage_id
