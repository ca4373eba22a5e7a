"""Several lines, outcomes with reasons, gates, proposals and qualification."""

import django.db.models.deletion
import trellis.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("leads", "0005_default_rules")]

    operations = [
        migrations.AlterModelOptions(name="line", options={"ordering": ["-default", "rank", "id"]}),
        migrations.AddField("line", "rank", models.IntegerField(db_default=0, default=0)),
        migrations.AddField("line", "entry", models.JSONField(null=True)),
        migrations.AddField("line", "entry_broken", models.TextField(blank=True, db_default="")),
        migrations.AddField("line", "version", models.IntegerField(db_default=1, default=1)),
        migrations.AddField("line", "archived_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "stage", "automatic", models.CharField(db_default="move", default="move", max_length=8)
        ),
        migrations.AddField("stage", "requires", models.JSONField(db_default=[], default=list)),
        migrations.AddField("stage", "min_score", models.IntegerField(null=True)),
        migrations.AddField("stage", "limit_days", models.IntegerField(null=True)),
        migrations.AddField("stage", "version", models.IntegerField(db_default=1, default=1)),
        migrations.AlterField(
            "lead", "outcome", models.CharField(db_default="", default="", max_length=12)
        ),
        migrations.AddField("lead", "reason_id", models.IntegerField(null=True)),
        migrations.AddField("lead", "closed_at", models.DateTimeField(null=True)),
        migrations.AddField("lead", "spared", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("lead", "proposed_id", models.IntegerField(null=True)),
        migrations.AddField(
            "lead", "refused", models.CharField(db_default="", default="", max_length=40)
        ),
        migrations.AddField("lead", "version", models.IntegerField(db_default=1, default=1)),
        migrations.AddIndex(
            "lead",
            models.Index(fields=["line_id", "stage_id", "stage_since"], name="lead_by_stage"),
        ),
        migrations.AddField(
            "stagemove", "outcome", models.CharField(db_default="", default="", max_length=12)
        ),
        migrations.AddField("stagemove", "cause_id", models.BigIntegerField(null=True)),
        migrations.CreateModel(
            name="Reason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=120)),
                ("rule", models.JSONField(null=True)),
                ("rule_broken", models.TextField(blank=True, db_default="")),
                ("rank", models.IntegerField(default=0)),
                ("version", models.IntegerField(db_default=1, default=1)),
                ("created_at", models.DateTimeField(default=trellis.core.clock.now)),
                ("archived_at", models.DateTimeField(null=True)),
                ("line", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="reasons", to="leads.line")),
            ],
            options={"db_table": "lead_reason", "ordering": ["line_id", "kind", "rank", "id"]},
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=64)),
                ("text", models.CharField(max_length=200)),
                ("attribute", models.CharField(max_length=64)),
                ("kind", models.CharField(db_default="choice", default="choice", max_length=8)),
                ("options", models.JSONField(db_default=[], default=list)),
                ("wanted", models.JSONField(db_default=[], default=list)),
                ("rank", models.IntegerField(default=0)),
                ("version", models.IntegerField(db_default=1, default=1)),
                ("created_at", models.DateTimeField(default=trellis.core.clock.now)),
                ("archived_at", models.DateTimeField(null=True)),
                ("line", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="leads.line")),
            ],
            options={
                "db_table": "lead_question",
                "ordering": ["line_id", "rank", "id"],
                "constraints": [models.UniqueConstraint(fields=("line", "key"), name="question_once")],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("pk", models.CompositePrimaryKey("contact_id", "proposal_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("proposal_id", models.BigIntegerField()),
                ("line_id", models.IntegerField()),
                ("from_stage_id", models.IntegerField(null=True)),
                ("stage_id", models.IntegerField()),
                ("made_at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
                ("state", models.CharField(db_default="open", default="open", max_length=10)),
                ("settled_at", models.DateTimeField(null=True)),
                ("actor", models.CharField(db_default="", default="", max_length=80)),
                ("reason", models.TextField(db_default="", default="")),
            ],
            options={
                "db_table": "stage_proposal",
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["line_id", "-made_at"], name="proposal_open")
                ],
            },
        ),
    ]
