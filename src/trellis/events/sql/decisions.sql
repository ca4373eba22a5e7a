-- name: record
-- What was decided about contacts, and why.
INSERT INTO decision AS d (contact_id, at, what, subject, outcome, reason, facts)
SELECT t.contact_id, t.at, t.what, t.subject, t.outcome, t.reason, t.facts
FROM unnest(
    %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::jsonb[]
) AS t (contact_id, at, what, subject, outcome, reason, facts)
