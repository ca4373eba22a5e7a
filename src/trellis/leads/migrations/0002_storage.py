"""Sequences of per-contact rows and the storage of hot tables."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE stage_move_id_seq OWNED BY stage_move.move_id;
ALTER TABLE stage_move ALTER COLUMN move_id SET DEFAULT nextval('stage_move_id_seq');
ALTER TABLE lead SET (fillfactor = 85);
"""

DROP = """
ALTER TABLE stage_move ALTER COLUMN move_id DROP DEFAULT;
DROP SEQUENCE stage_move_id_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [migrations.RunSQL(CREATE.strip(), DROP.strip())]
