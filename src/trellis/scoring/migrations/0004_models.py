"""Several models with groups, limits and drafts; scores of other models, of companies, and
their history."""

from django.db import migrations, models

import trellis.core.clock

KEYS = """
UPDATE score_model SET key = 'model-' || id WHERE NOT "default";
"""


class Migration(migrations.Migration):
    dependencies = [("scoring", "0003_default_model")]

    operations = [
        migrations.AddField(
            "scoremodel", "key", models.SlugField(default="default", max_length=40), False
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
    ]
