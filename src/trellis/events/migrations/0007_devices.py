from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0006_values")]

    operations = [
        migrations.CreateModel(
            "ContactDevice",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        *("contact_id", "form", "os", "browser", "language"),
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("contact_id", models.BigIntegerField()),
                ("form", models.TextField()),
                ("os", models.TextField()),
                ("browser", models.TextField()),
                ("language", models.TextField()),
                ("last_at", models.DateTimeField()),
            ],
            options={"db_table": "contact_device"},
        ),
    ]
