"""The newest runs of a journey are found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journeys", "0004_revision")]

    operations = [
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                fields=["journey_id", "-entered_at", "-enrolment_id"], name="enrolment_newest"
            ),
        )
    ]
