"""Sequences of per-contact rows and the storage of hot tables."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE consent_id_seq OWNED BY consent.consent_id;
ALTER TABLE consent ALTER COLUMN consent_id SET DEFAULT nextval('consent_id_seq');
CREATE SEQUENCE merge_id_seq OWNED BY merge.merge_id;
ALTER TABLE merge ALTER COLUMN merge_id SET DEFAULT nextval('merge_id_seq');
ALTER TABLE standing SET (fillfactor = 75);
ALTER TABLE contact SET (fillfactor = 90);
"""

DROP = """
ALTER TABLE consent ALTER COLUMN consent_id DROP DEFAULT;
DROP SEQUENCE consent_id_seq;
ALTER TABLE merge ALTER COLUMN merge_id DROP DEFAULT;
DROP SEQUENCE merge_id_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunSQL(CREATE.strip(), DROP.strip())]
