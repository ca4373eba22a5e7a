"""The default business line with the default stages (L1)."""

from django.db import migrations

CREATE = """
INSERT INTO line (key, name, "default", created_at) VALUES ('main', 'Main', true, now());
INSERT INTO stage (line_id, key, name, rank, kind, team, rule, rule_broken, created_at)
SELECT line.id, s.key, s.name, s.rank, s.kind, s.team, NULL, '', now()
FROM line, (VALUES
    ('user', 'User', 10, 'open', 'marketing'),
    ('lead', 'Lead', 20, 'open', 'marketing'),
    ('mql', 'High-quality lead', 30, 'open', 'mdr'),
    ('sql', 'Sales opportunity', 40, 'open', 'sdr'),
    ('intention', 'Intention customer', 50, 'open', 'sales'),
    ('customer', 'Paying customer', 60, 'won', 'sales'),
    ('loyal', 'Loyal customer', 70, 'won', 'sales'),
    ('other', 'Other', 900, 'other', 'marketing')
) AS s (key, name, rank, kind, team);
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_storage")]
    operations = [migrations.RunSQL(CREATE, "DELETE FROM stage; DELETE FROM line;")]
