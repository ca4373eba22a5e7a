from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0009_wide'),
    ]

    operations = [
        migrations.CreateModel(
            name='CompanyMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.BigIntegerField()),
                ('loser_id', models.BigIntegerField(db_index=True)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=40)),
                ('actor', models.CharField(max_length=80)),
                ('kept', models.JSONField(default=dict)),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['company_id', '-at'], name='company_merge_newest')],
            },
        ),
    ]
