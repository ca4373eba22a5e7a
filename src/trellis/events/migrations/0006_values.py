from typing import Any

from django.db import migrations, models

# What signals that keep a property have counted so far, from the log as far as it reaches.
FILL = """
UPDATE signal_daily AS d
SET high = q.high, low = q.low, first_value = q.first_value, last_value = q.last_value
FROM (
    SELECT e.contact_id, (e.at AT TIME ZONE %(zone)s)::date AS day,
        max({value}) AS high, min({value}) AS low,
        min({said}) AS first_value, max({said}) AS last_value
    FROM event AS e
    JOIN event_name AS n ON n.id = e.name_id AND n.type = %(type)s AND n.name = %(name)s
    WHERE {condition}
    GROUP BY 1, 2
) AS q
WHERE d.contact_id = q.contact_id AND d.day = q.day AND d.signal_id = %(signal_id)s
"""


def fill(apps: Any, schema_editor: Any) -> None:
    from trellis.core.days import zone
    from trellis.events.signals import value_sql
    from trellis.rules.compiler import compile_filter
    from trellis.rules.parse import parse
    from trellis.rules.registry import PROPS

    signals = apps.get_model("events", "Signal")
    with schema_editor.connection.cursor() as cursor:
        for row in signals.objects.exclude(status="broken").exclude(value_prop=""):
            condition, params = "true", {}
            if row.filter:
                compiled = compile_filter(parse(row.filter, PROPS), "e.props", "f_")
                condition, params = compiled.text, dict(compiled.params)
            kept = value_sql(row.value_prop)
            text = FILL.replace("{condition}", condition)
            for name, expression in kept.places.items():
                text = text.replace(f"{{{name}}}", expression)
            about = {"type": row.event_type, "name": row.event_name, "signal_id": row.pk}
            cursor.execute(text, {**params, **kept.params, **about, "zone": zone().key})


class Migration(migrations.Migration):
    dependencies = [("events", "0005_rollups")]

    operations = [
        migrations.AddField("signaldaily", "high", models.FloatField(null=True)),
        migrations.AddField("signaldaily", "low", models.FloatField(null=True)),
        migrations.AddField(
            "signaldaily", "first_value", models.TextField(null=True, db_collation="C")
        ),
        migrations.AddField(
            "signaldaily", "last_value", models.TextField(null=True, db_collation="C")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
