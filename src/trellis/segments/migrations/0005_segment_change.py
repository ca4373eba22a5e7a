from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0004_saved_filter")]

    operations = [
        migrations.CreateModel(
            "SegmentChange",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("segment_id", models.IntegerField()),
                ("delta", models.IntegerField()),
            ],
            options={"db_table": "segment_change"},
        ),
    ]
