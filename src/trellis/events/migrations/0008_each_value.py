from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0007_devices")]

    operations = [
        migrations.AddField(
            "signal", "each_value", models.BooleanField(default=False, db_default=False)
        ),
        migrations.CreateModel(
            "SignalValue",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        *("contact_id", "signal_id", "day", "value"),
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("contact_id", models.BigIntegerField()),
                ("signal_id", models.IntegerField()),
                ("day", models.DateField()),
                ("value", models.TextField(db_collation="C")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={"db_table": "signal_value"},
        ),
    ]
