"""Numbers steps within a run, and indexes what is looked up: open and ended runs."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0002_storage'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE step_pass ALTER COLUMN seq DROP DEFAULT;"
            " DROP SEQUENCE step_pass_seq;",
            "CREATE SEQUENCE step_pass_seq OWNED BY step_pass.seq;"
            " ALTER TABLE step_pass ALTER COLUMN seq SET DEFAULT nextval('step_pass_seq');",
        ),
        migrations.RemoveIndex(
            model_name='enrolment',
            name='enrolment_by_step',
        ),
        migrations.AddField(
            model_name='enrolment',
            name='hops',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='enrolment',
            name='live_key',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='enrolment',
            index=models.Index(condition=models.Q(('live_key__isnull', False)), fields=['journey_id', 'version_id', 'step'], name='enrolment_open_by_step'),
        ),
        migrations.AddIndex(
            model_name='enrolment',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['journey_id', '-ended_at'], name='enrolment_ended'),
        ),
    ]
