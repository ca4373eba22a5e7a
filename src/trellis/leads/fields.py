"""The field ``stage`` of rules: the stage in the default line."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.leads.models import Stage
from trellis.rules.registry import PROVIDERS, STAGE, Choice, Field
from trellis.rules.types import CHOICE
from trellis.rules.usage import USERS, Use


def provide() -> Iterable[Field]:
    """One field, whose choices are the stages of the default line."""
    rows = Stage.objects.filter(line__default=True, archived_at__isnull=True).order_by("rank")
    choices = tuple(Choice(row.key, row.name, row.pk) for row in rows)
    yield Field(
        "stage",
        _("stage"),
        CHOICE,
        "s.stage_id",
        choices=choices,
        level=STAGE,
        group=_("Stage"),
    )


def uses() -> Iterable[Use]:
    """The rules of this domain."""
    for row in Stage.objects.filter(archived_at__isnull=True, rule__isnull=False):
        yield Use("stage", row.pk, row.name, row.rule)


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("leads", provide)
    USERS.register("leads", uses)
