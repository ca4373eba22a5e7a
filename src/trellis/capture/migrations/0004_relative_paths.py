"""Files of imports are named from the data folder on, so that the folder can be moved."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("capture", "0003_import_faults")]

    operations = [
        migrations.RunSQL(
            r"UPDATE import AS i SET path = regexp_replace(i.path, '^.*/(imports/[^/]+)$', '\1')",
            migrations.RunSQL.noop,
        )
    ]
