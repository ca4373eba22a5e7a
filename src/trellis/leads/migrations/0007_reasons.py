"""The first reasons of the default line, its four questions of qualification (L8), and the
sequence of proposals."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE stage_proposal_id_seq OWNED BY stage_proposal.proposal_id;
ALTER TABLE stage_proposal ALTER COLUMN proposal_id SET DEFAULT nextval('stage_proposal_id_seq');
UPDATE lead l SET outcome = s.kind, closed_at = l.stage_since
FROM stage s WHERE s.id = l.stage_id AND s.kind IN ('won', 'lost') AND l.outcome = '';
INSERT INTO lead_reason (line_id, kind, name, rank, created_at)
SELECT line.id, r.kind, r.name, r.rank, now()
FROM line, (VALUES
    ('lost', 'Chose a competitor', 10),
    ('lost', 'Too expensive', 20),
    ('lost', 'No answer any more', 30),
    ('lost', 'Put off', 40),
    ('disqualified', 'Not a target client', 10),
    ('disqualified', 'No budget', 20),
    ('disqualified', 'Cannot be reached', 30),
    ('disqualified', 'Not a real person', 40),
    ('refused', 'Too early', 10),
    ('refused', 'Needs are not clear', 20),
    ('refused', 'Somebody is talking to them already', 30)
) AS r (kind, name, rank)
WHERE line."default";
INSERT INTO lead_question
    (line_id, key, text, attribute, kind, options, wanted, rank, created_at)
SELECT line.id, q.key, q.text, 'q_' || q.key, q.kind, q.options::jsonb, q.wanted::jsonb,
    q.rank, now()
FROM line, (VALUES
    ('target', 'Is it a target client?', 'choice', '["yes", "no", "unsure"]', '["yes"]', 10),
    ('need', 'Can we meet the need?', 'choice', '["yes", "no", "unsure"]', '["yes"]', 20),
    ('decides', 'Can they decide on the purchase?', 'choice', '["yes", "no", "unsure"]',
        '["yes"]', 30),
    ('actions', 'Which actions were done?', 'many',
        '["called", "met", "demo shown", "offer sent", "references given"]', '[]', 40)
) AS q (key, text, kind, options, wanted, rank)
WHERE line."default";
"""

DROP = """
DELETE FROM lead_question;
DELETE FROM lead_reason;
ALTER TABLE stage_proposal ALTER COLUMN proposal_id DROP DEFAULT;
DROP SEQUENCE stage_proposal_id_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_lines")]
    operations = [migrations.RunSQL(CREATE.strip(), DROP.strip())]
