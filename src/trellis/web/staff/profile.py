"""The profile of one contact: who, where they stand and why, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.core.paging import Cursor
from trellis.events import queries as events
from trellis.journeys import queries as journeys
from trellis.leads import actions as leads_actions
from trellis.leads import queries as leads
from trellis.messaging import queries as messaging
from trellis.messaging.queries import Filter
from trellis.people import queries as people
from trellis.people.models import Attribute
from trellis.people.queries import Profile
from trellis.scoring import explain as scoring
from trellis.segments import queries as segments
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.timeline import by_day

LIMIT = 40


def found_or_404(contact_id: int) -> Profile:
    """The contact; raises ``NotFound``."""
    contact = people.profile(contact_id)
    if contact is None:
        raise NotFound(_("There is no contact %(n)d.") % {"n": contact_id})
    return contact


@page("contacts.read")
def profile(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """The whole page. A contact that was merged away leads to the one it went to."""
    contact = found_or_404(contact_id)
    if contact.merged_into is not None:
        return redirect("contacts-profile", contact.merged_into)
    stages = leads.stages()
    kind = request.GET.get("kind", "")
    page_of_events = events.timeline(contact_id, kind, None, LIMIT)
    score = scoring.explain(contact_id, clock.now())
    context = {
        "contact": contact,
        "score": score,
        "idle_rules": [rule for rule in score.rules if not rule.points] if score else [],
        "stages": stages,
        "stage_choices": leads.live_stages(stages),
        "stage": stages.get(contact.stage_id or 0),
        "moves": _moves(contact_id, stages),
        "identities": people.identities(contact_id),
        "segments": segments.of_contact(contact_id),
        "enrolments": journeys.of_contact(contact_id),
        "messages_sent": messaging.messages(Filter(contact_id=contact_id), limit=8),
        "consents": people.consents(contact_id),
        "merges": people.merges(contact_id),
        "conflicts": people.conflicts(contact_id),
        "attributes": _attributes(contact, people.attributes()),
        "events": by_day(page_of_events.rows),
        "events_page": page_of_events,
        "kind": kind,
    }
    return render(request, "staff/contacts/profile.html", context)


def _moves(contact_id: int, stages: Mapping[int, leads.StageRow]) -> list[dict[str, Any]]:
    return [
        {
            "move": move,
            "start": stages.get(move.from_stage_id or 0),
            "end": stages.get(move.to_stage_id),
        }
        for move in leads.moves(contact_id)
    ]


def _attributes(contact: Profile, known: list[Attribute]) -> list[dict[str, Any]]:
    """The attributes of a contact with their labels and where each value came from."""
    labels = {attribute.key: attribute for attribute in known}
    rows = []
    for key, value in contact.attributes.items():
        definition = labels.get(key)
        rows.append(
            {
                "key": key,
                "label": definition.label if definition else key,
                "bucket": definition.bucket if definition else "",
                "value": ", ".join(map(str, value)) if isinstance(value, list) else value,
                "from": contact.provenance.get(key) or {},
            }
        )
    return sorted(rows, key=lambda row: (row["bucket"], row["label"]))


@page("contacts.read")
def timeline(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Older events (``after``), or those since the newest shown (``since``)."""
    kind = request.GET.get("kind", "")
    since = Cursor.decode(request.GET.get("since", ""))
    if since is not None:
        rows = events.newer(contact_id, since)
        if not rows:
            return HttpResponse(status=204)
        context = {"events": by_day(rows), "contact_id": contact_id, "fresh": True}
        return render(request, "staff/contacts/events.html", context)
    found = events.timeline(
        contact_id, kind, Cursor.decode(request.GET.get("after", "")), LIMIT
    )
    before: date | None = (
        parse_date(request.GET.get("day", "")) if "day" in request.GET else None
    )
    context = {
        "events": by_day(found.rows, before),
        "events_page": found,
        "contact_id": contact_id,
        "kind": kind,
    }
    return render(request, "staff/contacts/events.html", context)


@page("contacts.read", "POST", change="leads.write")
def move(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Move the lead to another stage by hand."""
    found_or_404(contact_id)
    moved = leads_actions.move_stage(
        request.actor,
        [contact_id],
        request.POST.get("to", ""),
        "hand",
        request.POST.get("reason", "")[:300],
        clock.now(),
    )
    if moved.contact_ids:
        messages.success(request, _("Moved."))
    else:
        messages.error(request, _("Not moved: %(why)s.") % {"why": ", ".join(moved.skipped)})
    return redirect("contacts-profile", contact_id)
