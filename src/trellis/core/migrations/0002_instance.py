"""The one row of the instance."""

from django.db import migrations

CREATE = """
INSERT INTO core_instance (id, name, created_at, epoch, clock_offset, fence, settings)
VALUES (1, 'Trellis', now(), 1, 0, gen_random_uuid()::text, '{}')
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DELETE FROM core_instance")]
