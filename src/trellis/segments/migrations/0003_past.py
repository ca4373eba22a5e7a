from django.db import migrations

FROM_LOG = """
INSERT INTO segment_move AS v (contact_id, segment_id, at, entered, why, version, cause)
SELECT e.contact_id, (e.props ->> 'segment_id')::int, e.at, n.name = 'Segment Entered',
    left(coalesce(e.props ->> 'why', 'event'), 10), 1, e.cause
FROM event AS e
JOIN event_name AS n ON n.id = e.name_id
WHERE n.type = 'system' AND n.name IN ('Segment Entered', 'Segment Left')
    AND (e.props ->> 'segment_id') ~ '^[0-9]{1,9}$'
ON CONFLICT (contact_id, segment_id, at) DO NOTHING
"""
"""Who came and went before moves were kept: the log says when and why, not by which condition."""


class Migration(migrations.Migration):
    dependencies = [("segments", "0002_history"), ("events", "0004_signal_filled_to")]

    operations = [migrations.RunSQL(FROM_LOG, migrations.RunSQL.noop)]
