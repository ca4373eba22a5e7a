from django.db import migrations, models

import trellis.core.clock


class Migration(migrations.Migration):
    dependencies = [("segments", "0003_past")]

    operations = [
        migrations.CreateModel(
            "SavedFilter",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("owner_id", models.IntegerField(null=True)),
                ("shared", models.BooleanField(default=False)),
                ("query", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=trellis.core.clock.now)),
                ("updated_at", models.DateTimeField(default=trellis.core.clock.now)),
                ("version", models.IntegerField(db_default=1, default=1)),
                ("changed_by", models.CharField(db_default="", default="", max_length=200)),
            ],
            options={"db_table": "saved_filter"},
        ),
    ]
