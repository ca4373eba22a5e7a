"""Sequences of per-contact rows and the storage of hot tables."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE touch_id_seq OWNED BY touch.touch_id;
ALTER TABLE touch ALTER COLUMN touch_id SET DEFAULT nextval('touch_id_seq');
"""

DROP = """
ALTER TABLE touch ALTER COLUMN touch_id DROP DEFAULT;
DROP SEQUENCE touch_id_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("sources", "0001_initial")]
    operations = [migrations.RunSQL(CREATE.strip(), DROP.strip())]
