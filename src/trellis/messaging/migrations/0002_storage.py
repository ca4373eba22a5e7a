"""Sequences of per-contact rows and the storage of hot tables."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE message_id_seq OWNED BY message.message_id;
ALTER TABLE message ALTER COLUMN message_id SET DEFAULT nextval('message_id_seq');
ALTER TABLE message SET (fillfactor = 80);
"""

DROP = """
ALTER TABLE message ALTER COLUMN message_id DROP DEFAULT;
DROP SEQUENCE message_id_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [migrations.RunSQL(CREATE.strip(), DROP.strip())]
