-- name: note
-- The devices that visits began with; of one already known, its newest visit.
INSERT INTO contact_device AS d (contact_id, form, os, browser, language, last_at)
SELECT t.contact_id, t.form, t.os, t.browser, t.language, max(t.last_at)
FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[]
) AS t (contact_id, form, os, browser, language, last_at)
GROUP BY t.contact_id, t.form, t.os, t.browser, t.language
ORDER BY t.contact_id, t.form, t.os, t.browser, t.language
ON CONFLICT (contact_id, form, os, browser, language) DO UPDATE
SET last_at = greatest(d.last_at, EXCLUDED.last_at)
