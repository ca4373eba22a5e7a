"""Sequences of per-contact rows and the storage of hot tables."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE enrolment_id_seq OWNED BY enrolment.enrolment_id;
ALTER TABLE enrolment ALTER COLUMN enrolment_id SET DEFAULT nextval('enrolment_id_seq');
CREATE SEQUENCE step_pass_seq OWNED BY step_pass.seq;
ALTER TABLE step_pass ALTER COLUMN seq SET DEFAULT nextval('step_pass_seq');
ALTER TABLE enrolment SET (fillfactor = 80);
"""

DROP = """
ALTER TABLE enrolment ALTER COLUMN enrolment_id DROP DEFAULT;
DROP SEQUENCE enrolment_id_seq;
ALTER TABLE step_pass ALTER COLUMN seq DROP DEFAULT;
DROP SEQUENCE step_pass_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial")]
    operations = [migrations.RunSQL(CREATE.strip(), DROP.strip())]
