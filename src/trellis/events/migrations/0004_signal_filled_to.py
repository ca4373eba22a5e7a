from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_rejected_call")]
    operations = [
        migrations.AddField(
            model_name="signal", name="filled_to", field=models.DateTimeField(null=True)
        )
    ]
