from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0006_profiles")]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="temperature_on",
            field=models.DateField(null=True),
        ),
    ]
