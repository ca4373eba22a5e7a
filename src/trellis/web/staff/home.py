"""Home: how things stand, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.events import queries as events
from trellis.leads import queries as leads
from trellis.messaging import queries as messaging
from trellis.people import queries as people
from trellis.pipeline import queries as pipeline
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.reports import stuck
from trellis.web.staff.timeline import by_day

MINUTES = 60
LATEST = 8


@page("contacts.read")
def home(request: StaffRequest) -> HttpResponseBase:
    """The first page, and its live part when asked by htmx."""
    now = clock.now()
    spread = remember("spread", people.spread)
    stages = leads.stages()
    found = {
        "new": remember("new", lambda: people.new_known(now)),
        "spread": spread,
        "funnel": _funnel(stages, spread.stages),
        "minutes": _minutes(),
        "mail": remember("mail", lambda: messaging.sent_since(now - timedelta(days=7))),
        "health": pipeline.overview(),
        "latest": remember(f"latest {get_language()}", _latest),
        "what_now": _what_now(request.actor),
    }
    template = "staff/home.html#live" if request.htmx else "staff/home.html"
    return render(request, template, found)


def _funnel(
    stages: Mapping[int, leads.StageRow], counts: Mapping[int | None, int]
) -> list[dict[str, Any]]:
    rows = [stage for stage in leads.live_stages(stages) if stage.kind != "other"]
    most = max([counts.get(stage.id, 0) for stage in rows] or [0]) or 1
    return [
        {
            "stage": stage,
            "n": counts.get(stage.id, 0),
            "share": round(100 * counts.get(stage.id, 0) / most),
        }
        for stage in rows
    ]


def _minutes() -> dict[str, Any]:
    steps = events.per_minute("logged", clock.now(), MINUTES)
    return {
        "labels": [timezone.localtime(at).strftime("%H:%M") for at, _n in steps],
        "series": [{"name": _("Events per minute"), "data": [n for _at, n in steps]}],
    }


def _latest() -> list[dict[str, Any]]:
    rows = events.latest(LATEST, clock.now() - timedelta(days=2))
    who = {row.contact_id: row for row in people.by_ids([number for number, _e in rows])}
    shown = by_day(event for _number, event in rows)
    return [
        {"who": who.get(number), "contact_id": number, "event": event}
        for (number, _event), event in zip(rows, shown, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class Todo:
    """Something that waits for a person."""

    text: str
    url: str
    icon: str
    tone: str = ""


def _of_leads(actor: Actor) -> Sequence[Todo]:
    """Leads that wait for a decision, and those that stand still."""
    found: list[Todo] = []
    ready = sum(leads.proposal_counts().values()) if actor.may("leads.write") else 0
    if ready:
        text = ngettext(
            "%(n)d lead is ready to be sent on", "%(n)d leads are ready to be sent on", ready
        )
        found.append(
            Todo(
                text=text % {"n": ready}, url="/proposals/", icon="arrow-up-right", tone="good"
            )
        )
    late = remember("stuck", stuck.how_many) if actor.may("reports.read") else 0
    if late:
        text = ngettext("%(n)d lead is stuck", "%(n)d leads are stuck", late)
        found.append(
            Todo(
                text=text % {"n": late}, url="/reports/stuck/", icon="clock-pause", tone="warn"
            )
        )
    return found


def _what_now(actor: Actor) -> Sequence[Todo]:
    """What waits for a person, the most urgent first; only what ``actor`` may act on."""
    waiting = pipeline.waiting()
    found = [*_of_leads(actor)]
    if waiting.unknown and actor.may("messages.send"):
        text = ngettext(
            "%(n)d message may or may not have gone out: decide",
            "%(n)d messages may or may not have gone out: decide",
            waiting.unknown,
        )
        found.append(
            Todo(
                text=text % {"n": waiting.unknown},
                url="/messages/?state=unknown",
                icon="mail-exclamation",
                tone="warn",
            )
        )
    if waiting.broken and actor.may("segments.read"):
        text = ngettext("%(n)d rule is broken", "%(n)d rules are broken", waiting.broken)
        found.append(
            Todo(
                text=text % {"n": waiting.broken},
                url="/segments/",
                icon="alert-triangle",
                tone="bad",
            )
        )
    if waiting.rejected and actor.may("health.read"):
        text = ngettext(
            "%(n)d event was rejected in the last day",
            "%(n)d events were rejected in the last day",
            waiting.rejected,
        )
        found.append(
            Todo(
                text=text % {"n": waiting.rejected},
                url="/health/rejected/",
                icon="alert-circle",
                tone="warn",
            )
        )
    if waiting.conflicts and actor.may("contacts.write"):
        text = ngettext(
            "%(n)d pair of contacts may be one person",
            "%(n)d pairs of contacts may be one person",
            waiting.conflicts,
        )
        found.append(
            Todo(
                text=text % {"n": waiting.conflicts},
                url="/contacts/duplicates/",
                icon="git-merge",
            )
        )
    if waiting.drafts and actor.may("journeys.write"):
        text = ngettext("%(n)d journey is a draft", "%(n)d journeys are drafts", waiting.drafts)
        found.append(Todo(text=text % {"n": waiting.drafts}, url="/journeys/", icon="route"))
    return found
