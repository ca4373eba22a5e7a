"""The duplicates queue: keys of likeness, what is due, pairs; everybody known is due once."""

from django.db import migrations, models


CREATE = """
CREATE SEQUENCE likeness_due_id_seq OWNED BY likeness_due.due_id;
ALTER TABLE likeness_due ALTER COLUMN due_id SET DEFAULT nextval('likeness_due_id_seq');
INSERT INTO likeness_due (contact_id)
SELECT contact_id FROM contact WHERE known AND merged_into IS NULL;
"""
DROP = """
ALTER TABLE likeness_due ALTER COLUMN due_id DROP DEFAULT;
DROP SEQUENCE likeness_due_id_seq;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0007_temperature_on'),
    ]

    operations = [
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('pk', models.CompositePrimaryKey('contact_id', 'other_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('contact_id', models.BigIntegerField()),
                ('other_id', models.BigIntegerField(db_index=True)),
                ('confidence', models.SmallIntegerField()),
                ('reasons', models.JSONField(default=list)),
                ('state', models.CharField(db_default='open', default='open', max_length=8)),
                ('found_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(db_default='', default='', max_length=80)),
                ('via_id', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'duplicate',
            },
        ),
        migrations.CreateModel(
            name='Likeness',
            fields=[
                ('pk', models.CompositePrimaryKey('contact_id', 'key', blank=True, editable=False, primary_key=True, serialize=False)),
                ('contact_id', models.BigIntegerField()),
                ('key', models.BigIntegerField(db_index=True)),
            ],
            options={
                'db_table': 'likeness',
            },
        ),
        migrations.CreateModel(
            name='LikenessDue',
            fields=[
                ('pk', models.CompositePrimaryKey('contact_id', 'due_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('contact_id', models.BigIntegerField()),
                ('due_id', models.BigIntegerField()),
            ],
            options={
                'db_table': 'likeness_due',
            },
        ),
        migrations.AddIndex(
            model_name='identityconflict',
            index=models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['other_id'], name='conflict_open_other'),
        ),
        migrations.AddIndex(
            model_name='duplicate',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['-confidence', 'contact_id', 'other_id'], name='duplicate_queue'),
        ),
        migrations.AddIndex(
            model_name='duplicate',
            index=models.Index(condition=models.Q(('decided_at__isnull', False)), fields=['-decided_at'], name='duplicate_decided'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
