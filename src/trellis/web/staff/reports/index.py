"""All reports, by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from trellis.web.staff.access import StaffRequest, page


@dataclass(frozen=True, kw_only=True)
class Report:
    """An entry of the index: the question that a report answers."""

    url: str
    label: Any
    question: Any
    icon: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Reports about one thing."""

    label: Any
    reports: Sequence[Report]


GROUPS: tuple[Group, ...] = (
    Group(
        label=_("Lifecycle"),
        reports=(
            Report(
                url="reports-people-per-stage",
                label=_("People per stage"),
                question=_("How many people stand in each stage, and how did that grow?"),
                icon="stairs-up",
            ),
            Report(
                url="reports-conversion",
                label=_("Conversion"),
                question=_("How many of those who came reached each stage?"),
                icon="filter",
            ),
            Report(
                url="reports-stuck",
                label=_("Stuck leads"),
                question=_("Which leads stand still, and how long does each stage take?"),
                icon="clock-pause",
            ),
        ),
    ),
    Group(
        label=_("Behaviour"),
        reports=(
            Report(
                url="reports-funnel",
                label=_("Funnel"),
                question=_("Where do people stop on their way?"),
                icon="filter",
            ),
            Report(
                url="reports-most-seen",
                label=_("Most viewed, clicked and read"),
                question=_("Which pages, buttons and messages do people look at?"),
                icon="eye",
            ),
        ),
    ),
)
"""Every report there is; a new one adds its row here."""


@page("reports.read")
def index(request: StaffRequest) -> HttpResponseBase:
    """The list of reports. Costs no query of its own."""
    return render(request, "staff/reports/index.html", {"groups": GROUPS})
