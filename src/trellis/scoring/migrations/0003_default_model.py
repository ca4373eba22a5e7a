"""The default score model, without rules: everybody is cold until it has some (L7)."""

from django.db import migrations

CREATE = """
INSERT INTO score_model (name, "default", warm_from, hot_from, caps, grades, progress, created_at)
VALUES ('Default', true, 20, 50, '{}', '{}', 100, now());
"""


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_rule_per")]
    operations = [migrations.RunSQL(CREATE, 'DELETE FROM score_model WHERE "default";')]
