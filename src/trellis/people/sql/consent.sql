-- name: record
-- Consents given or withdrawn, with their proof.
INSERT INTO consent AS c (contact_id, purpose, channel, given, at, source, wording, proof)
SELECT t.contact_id, t.purpose, t.channel, t.given, t.at, t.source, t.wording, t.proof
FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::text[],
    %s::text[], %s::jsonb[]
) AS t (contact_id, purpose, channel, given, at, source, wording, proof)

-- name: state
-- What holds now: the newest word on each purpose and channel.
SELECT DISTINCT ON (contact_id, purpose, channel) contact_id, purpose, channel, given, at
FROM consent WHERE contact_id = ANY(%s)
ORDER BY contact_id, purpose, channel, at DESC, consent_id DESC
