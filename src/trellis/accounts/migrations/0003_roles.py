"""The roles of the funnel, and the right to see addresses for keys that read contacts."""

from django.db import migrations, models


SEE = """
UPDATE accounts_key SET scopes = scopes || '["contacts.see_private"]'
WHERE kind = 'api' AND scopes @> '["contacts.read"]'
    AND NOT scopes @> '["contacts.see_private"]';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_key_tracking'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='role',
            field=models.CharField(choices=[('admin', 'Administrator'), ('marketer', 'Marketer'), ('supervisor', 'Supervisor'), ('mdr', 'Market development'), ('sdr', 'Sales development'), ('sales', 'Salesperson'), ('viewer', 'Viewer')], default='marketer', max_length=20),
        ),
        migrations.RunSQL(SEE, migrations.RunSQL.noop),
    ]
