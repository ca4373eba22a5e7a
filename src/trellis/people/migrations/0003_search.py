"""The trigram index behind the search over known contacts."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

CREATE = """
CREATE INDEX contact_search ON contact USING gin (
    lower(first_name || ' ' || last_name || ' ' || last_name || first_name
        || ' ' || email || ' ' || phone) gin_trgm_ops
) WHERE known AND merged_into IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0002_storage")]
    operations = [
        TrigramExtension(),
        migrations.RunSQL(CREATE, "DROP INDEX contact_search;"),
    ]
