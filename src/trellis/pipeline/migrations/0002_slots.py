"""The slots of each timer queue, free."""

from django.db import migrations

CREATE = """
INSERT INTO slot_lease (queue, slot, holder, until)
SELECT queue, slot, '', '2000-01-01T00:00:00Z'::timestamptz
FROM unnest(ARRAY['enrolment', 'message']) AS queue, generate_series(0, 63) AS slot;
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0001_initial")]
    operations = [migrations.RunSQL(CREATE.strip(), "DELETE FROM slot_lease;")]
