-- name: apply
-- Bring messages up to date with what came back; the earliest open and click stay. Returns
-- those that bounced now, with their address.
UPDATE message AS m
SET opened_at = least(m.opened_at, t.opened, t.clicked),
    clicked_at = least(m.clicked_at, t.clicked),
    state = CASE
        WHEN t.bounce <> '' AND m.state IN ('sent', 'delivered', 'unknown', 'sending')
            THEN 'bounced'
        WHEN t.bounce <> '' THEN m.state
        WHEN t.delivered AND m.state IN ('sent', 'unknown') THEN 'delivered'
        WHEN m.state = 'unknown' THEN 'sent'
        ELSE m.state
    END,
    reason = CASE
        WHEN t.bounce <> '' THEN t.bounce
        WHEN m.state = 'unknown' THEN ''
        ELSE m.reason
    END,
    detail = CASE WHEN t.bounce <> '' THEN t.detail ELSE m.detail END
FROM unnest(
    %(contact)s::bigint[], %(message)s::bigint[], %(opened)s::timestamptz[],
    %(clicked)s::timestamptz[], %(delivered)s::boolean[], %(bounce)s::text[], %(detail)s::text[]
) AS t (contact_id, message_id, opened, clicked, delivered, bounce, detail)
WHERE m.contact_id = t.contact_id AND m.message_id = t.message_id
RETURNING m.contact_id, m.message_id, m.address, t.bounce

-- name: take_back
-- Forget the opens and clicks that fall into a scanner's burst.
UPDATE message AS m
SET opened_at = CASE WHEN m.opened_at BETWEEN t.begin AND t.until THEN NULL ELSE m.opened_at END,
    clicked_at = CASE WHEN m.clicked_at BETWEEN t.begin AND t.until THEN NULL ELSE m.clicked_at END
FROM unnest(
    %(contact)s::bigint[], %(message)s::bigint[], %(begin)s::timestamptz[],
    %(end)s::timestamptz[]
) AS t (contact_id, message_id, begin, until)
WHERE m.contact_id = t.contact_id AND m.message_id = t.message_id

-- name: soft_bounces
-- How many messages to these addresses bounced softly since the last one that was opened.
SELECT m.contact_id, count(*)
FROM message AS m
JOIN unnest(%(contacts)s::bigint[], %(addresses)s::text[]) AS t (contact_id, address)
    ON t.contact_id = m.contact_id AND t.address = m.address
LEFT JOIN (
    SELECT contact_id, max(sent_at) AS at
    FROM message
    WHERE contact_id = ANY(%(contacts)s::bigint[]) AND opened_at IS NOT NULL
    GROUP BY contact_id
) AS good ON good.contact_id = m.contact_id
WHERE m.state = 'bounced' AND m.reason = 'soft' AND (good.at IS NULL OR m.sent_at > good.at)
GROUP BY m.contact_id
