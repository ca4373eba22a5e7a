-- name: request
-- Put messages into the outbox; one that stands already for this contact and cause is left.
INSERT INTO message AS m (
    contact_id, slot, cause, channel, purpose, template_version_id, journey_id,
    state, wake_at, expires_at, created_at, params
)
SELECT t.contact_id, t.slot, t.cause, t.channel, t.purpose, t.version, t.journey,
    'queued', t.wake, t.expires, %(now)s, t.params
FROM unnest(
    %(contact)s::bigint[], %(slot)s::smallint[], %(cause)s::text[], %(channel)s::text[],
    %(purpose)s::text[], %(version)s::bigint[], %(journey)s::int[],
    %(wake)s::timestamptz[], %(expires)s::timestamptz[], %(params)s::jsonb[]
) AS t (contact_id, slot, cause, channel, purpose, version, journey, wake, expires, params)
ON CONFLICT (contact_id, cause) DO NOTHING

-- name: take_slots
-- Serialise the gate for these slots until the transaction ends: all messages of a contact
-- share a slot, so that frequency caps count what every other worker has let pass.
SELECT pg_advisory_xact_lock(%(lock)s, t.slot)
FROM (SELECT unnest(%(slots)s::int[]) AS slot ORDER BY 1) AS t

-- name: claim
-- Lease due messages of these slots on channels that are open. Re-checks wake_at, which a
-- claim clears, so that no two workers ever hold one message.
WITH due AS (
    SELECT contact_id, message_id, wake_at
    FROM message
    WHERE slot = ANY(%(slots)s::smallint[]) AND wake_at <= %(now)s
        AND channel <> ALL(%(paused)s::text[])
    ORDER BY wake_at
    LIMIT %(limit)s
)
UPDATE message AS m
SET state = 'sending', lease_until = %(until)s, wake_at = NULL, tries = m.tries + 1
FROM due
WHERE m.contact_id = due.contact_id AND m.message_id = due.message_id
    AND m.wake_at = due.wake_at AND m.state = 'queued'
RETURNING m.contact_id, m.message_id, m.cause, m.channel, m.purpose, m.template_version_id,
    m.journey_id, m.tries, m.created_at, m.expires_at, m.params

-- name: people
-- The contacts of a batch, with the reason why their address is suppressed, if it is. Who
-- has no email in the profile is written to at the email that identifies them.
SELECT c.contact_id, c.email, c.phone, c.first_name, c.last_name, c.locale, c.time_zone,
    c.country, c.city, c.attributes, coalesce(s.reason, '')
FROM (
    SELECT t.contact_id, t.phone, t.first_name, t.last_name, t.locale, t.time_zone, t.country,
        t.city, t.attributes,
        coalesce(nullif(t.email, ''), min(i.value), '') AS email
    FROM contact AS t
    LEFT JOIN contact_identity AS i ON i.contact_id = t.contact_id AND i.kind = 'email'
    WHERE t.contact_id = ANY(%(contacts)s::bigint[]) AND t.merged_into IS NULL
    GROUP BY t.contact_id
) AS c
LEFT JOIN suppression AS s ON s.value = c.email AND s.kind = 'email' AND c.email <> ''

-- name: consents
-- The newest word of each contact on a purpose, for one channel or for all ("*").
SELECT DISTINCT ON (contact_id, channel) contact_id, channel, given, at
FROM consent
WHERE contact_id = ANY(%(contacts)s::bigint[]) AND purpose = %(purpose)s
ORDER BY contact_id, channel, at DESC, consent_id DESC

-- name: recent
-- When marketing messages reached, or are reaching, these contacts since a time. What is in
-- flight counts as now; what this batch claims does not count.
SELECT contact_id, coalesce(sent_at, %(now)s)
FROM message
WHERE contact_id = ANY(%(contacts)s::bigint[]) AND purpose = 'marketing'
    AND message_id <> ALL(%(claimed)s::bigint[])
    AND (
        state = 'sending'
        OR (state IN ('sent', 'delivered', 'bounced', 'unknown') AND sent_at > %(since)s)
    )

-- name: settle
-- Record what became of leased messages. The lease is the fence: whoever lost it to the
-- reaper changes nothing, except that a late answer still settles an unknown one.
UPDATE message AS m
SET state = t.state, reason = t.reason, detail = t.detail, wake_at = t.wake_at,
    tries = m.tries - t.refund, sent_at = coalesce(t.sent_at, m.sent_at),
    address = coalesce(t.address, m.address), subject = coalesce(t.subject, m.subject),
    lease_until = CASE WHEN t.state = 'sending' THEN m.lease_until END
FROM unnest(
    %(contact)s::bigint[], %(message)s::bigint[], %(lease)s::timestamptz[], %(state)s::text[],
    %(reason)s::text[], %(detail)s::text[], %(wake)s::timestamptz[], %(refund)s::smallint[],
    %(sent)s::timestamptz[], %(address)s::text[], %(subject)s::text[]
) AS t (
    contact_id, message_id, lease, state, reason, detail, wake_at, refund, sent_at, address,
    subject
)
WHERE m.contact_id = t.contact_id AND m.message_id = t.message_id
    AND m.lease_until = t.lease AND m.state IN ('sending', 'unknown')
RETURNING m.message_id

-- name: survivors
-- Where contacts that were merged away now stand.
SELECT contact_id, merged_into
FROM contact
WHERE contact_id = ANY(%(contacts)s::bigint[]) AND merged_into IS NOT NULL

-- name: lapsed_marketing
-- Leases that ran out: the answer is lost. Marketing waits for somebody to decide; it counts
-- as sent for the frequency cap. The lease stays, so that a late answer can settle it.
UPDATE message AS m
SET state = 'unknown', reason = 'lease_lapsed', sent_at = coalesce(m.sent_at, %(now)s)
WHERE m.state = 'sending' AND m.lease_until < %(wall)s AND m.purpose <> 'transactional'
RETURNING m.contact_id, m.message_id

-- name: lapsed_transactional
-- Leases that ran out on transactional messages: sent again under the same Message-ID.
UPDATE message AS m
SET state = 'queued', reason = 'lease_lapsed', wake_at = %(now)s, lease_until = NULL
WHERE m.state = 'sending' AND m.lease_until < %(wall)s AND m.purpose = 'transactional'
RETURNING m.contact_id, m.message_id

-- name: decisions
-- Record what the gate decided and on which facts.
INSERT INTO decision AS d (contact_id, at, what, subject, outcome, reason, facts)
SELECT t.contact_id, %(now)s, 'message.gate', t.subject, t.outcome, t.reason, t.facts
FROM unnest(
    %(contact)s::bigint[], %(subject)s::text[], %(outcome)s::text[], %(reason)s::text[],
    %(facts)s::jsonb[]
) AS t (contact_id, subject, outcome, reason, facts)

-- name: suppress
-- Never write to these addresses again; the first reason stays.
INSERT INTO suppression AS s (value, kind, reason, at, note)
SELECT DISTINCT ON (t.value) t.value, 'email', t.reason, %(now)s, t.note
FROM unnest(%(value)s::text[], %(reason)s::text[], %(note)s::text[]) AS t (value, reason, note)
WHERE t.value <> ''
ON CONFLICT (value, kind) DO NOTHING
