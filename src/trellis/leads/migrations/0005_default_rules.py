"""The default rules: who is known is a lead, who is hot is a high-quality lead (L1, L6)."""

from django.db import migrations

SET = """
UPDATE stage SET rule = '{"all": [{"field": "contact.known", "op": "eq", "value": true}]}'
WHERE key = 'lead' AND rule IS NULL;
UPDATE stage SET rule = '{"all": [{"field": "temperature", "op": "eq", "value": "hot"}]}'
WHERE key = 'mql' AND rule IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0004_back_from")]
    operations = [migrations.RunSQL(SET, "UPDATE stage SET rule = NULL;")]
