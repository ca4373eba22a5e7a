"""One segment: what it says, how it grows, who is in it, who came and went and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.core import clock
from trellis.core.days import day_of, zone
from trellis.core.paging import Cursor
from trellis.leads import queries as leads
from trellis.people import queries as people
from trellis.rules import evaluate, explain, usage
from trellis.rules.parse import parse
from trellis.segments import actions, growth, history, lists
from trellis.segments import queries as segments
from trellis.segments.history import MoveFilter
from trellis.segments.models import Segment
from trellis.web.staff import given, someone, uses
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.segments import sentence_of
from trellis.web.staff.words import SEGMENT_WHYS

LIMIT = 50
CSV_PAGE = 1_000
MOST_ROWS = 100_000
PERIODS = (30, 90, 365)


@page("segments.read")
def detail(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """The rule in words, growth, state, and who uses the segment."""
    segment = actions.get(segment_id)
    if request.htmx:
        answer = render(request, "staff/segments/state.html", {"segment": segment})
        if segment.status != "building":
            answer["HX-Refresh"] = "true"
        return answer
    sentence, problems = sentence_of(segment.rule) if segment.rule else ("", [])
    asked = given.number(request.GET.get("days"))
    period = asked if asked in PERIODS else PERIODS[0]
    found = growth.days(segment_id, day_of(clock.now()) - timedelta(days=period - 1))
    left_out = segments.keyed(lists.left_out_key(segment))
    context = {
        "segment": segment,
        "tab": "detail",
        "sentence": sentence,
        "problems": problems,
        "period": period,
        "periods": PERIODS,
        "came": sum(day.came for day in found),
        "went": sum(day.went for day in found),
        "sizes": {
            "labels": [_day(day.day) for day in found],
            "series": [{"name": _("People"), "data": [day.size for day in found]}],
        },
        "flow": {
            "labels": [_day(day.day) for day in found],
            "series": [
                {"name": _("entered"), "data": [day.came for day in found]},
                {"name": _("left"), "data": [-day.went for day in found]},
            ],
        },
        "days": found,
        "users": uses.shown(usage.of_segment(segment.key)),
        "left_out": left_out,
    }
    return render(request, "staff/segments/detail.html", context)


def _day(day: date) -> str:
    return formats.date_format(day, "MONTH_DAY_FORMAT")


@page("segments.read")
def members(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """Who is in it, page by page."""
    segment = actions.get(segment_id)
    found = segments.members(segment_id, Cursor.decode(request.GET.get("after", "")), LIMIT)
    who = {row.contact_id: row for row in people.by_ids([row.contact_id for row in found.rows])}
    context = {
        "segment": segment,
        "tab": "members",
        "page": found,
        "who": who,
        "stages": leads.stages(),
        "left_out": segments.keyed(lists.left_out_key(segment)),
    }
    return render(request, "staff/segments/members.html", context)


@page("segments.read")
def moves(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """Who came and went, when, and because of which condition."""
    segment = actions.get(segment_id)
    after = Cursor.decode(request.GET.get("after", ""))
    found = history.moves(_wanted(request, segment_id), evaluate.fields(), after, LIMIT)
    who = {row.contact_id: row for row in people.by_ids([row.contact_id for row in found.rows])}
    context = {
        "segment": segment,
        "tab": "moves",
        "page": found,
        "who": who,
        "whys": SEGMENT_WHYS,
        "filtered": any(request.GET.get(name) for name in ("which", "why", "contact", "from")),
    }
    return render(request, "staff/segments/moves.html", context)


def _wanted(request: StaffRequest, segment_id: int) -> MoveFilter:
    get = request.GET
    why = get.get("why", "")
    return MoveFilter(
        segment_id=segment_id,
        contact_id=_asked_for(get.get("contact", "")),
        which=get.get("which", ""),
        why=why if why in history.WHYS else "",
        since=_midnight(get.get("from", ""), 0),
        until=_midnight(get.get("to", ""), 1),
    )


def _asked_for(text: str) -> int | None:
    """The contact whose moves are asked for; None for those of everybody. A text that names
    nobody finds no move."""
    if not text.strip():
        return None
    found = someone.fitting(text)
    return found[0] if len(found) == 1 else 0


def _midnight(text: str, days: int) -> datetime | None:
    """The beginning of a day that was typed, ``days`` later; None where it is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=days), time(), zone())


@page("segments.read")
def moves_csv(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """The moves of the filter as CSV, written as they are read."""
    require(request.actor, "contacts.export")
    segment = actions.get(segment_id)
    audit.record(request.actor, "segment.export", "segment", segment.pk, segment.name)
    return StreamingHttpResponse(
        _lines(_wanted(request, segment_id)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{segment.key}-moves.csv"'},
    )


def _lines(wanted: MoveFilter) -> Iterator[str]:
    fields = evaluate.fields()
    yield "\ufeff" + _line(["at", "contact_id", "move", "why", "conditions", "event", "by"])
    after, written = None, 0
    while written < MOST_ROWS:
        found = history.moves(wanted, fields, after, CSV_PAGE)
        for row in found.rows:
            yield _line(
                [
                    row.at.isoformat(timespec="seconds"),
                    row.contact_id,
                    "entered" if row.entered else "left",
                    row.why,
                    "; ".join(row.reasons),
                    row.event,
                    row.actor,
                ]
            )
        written += len(found.rows)
        if not found.next:
            return
        after = Cursor.decode(found.next)


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    safe = [
        f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t" and cell else cell
        for cell in cells
    ]
    csv.writer(out).writerow(safe)
    return out.getvalue()


@page("segments.read")
def why(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """Why one contact is in a segment, or not: each condition with its value, and how it
    came and went."""
    segment = actions.get(segment_id)
    asked = request.GET.get("contact", "")
    found = someone.fitting(asked)
    who = people.profile(found[0]) if len(found) == 1 else None
    context: dict[str, Any] = {"segment": segment, "who": who}
    if who is None:
        context["why_not"] = someone.why_not(asked, found if len(found) > 1 else ())
    else:
        wanted = MoveFilter(segment_id=segment_id, contact_id=who.contact_id)
        context["moves"] = history.moves(wanted, evaluate.fields(), None, 5).rows
        _explain(context, segment, who.contact_id)
    return render(request, "staff/segments/why.html", context)


def _explain(context: dict[str, Any], segment: Segment, contact_id: int) -> None:
    if segment.kind == actions.DYNAMIC:
        rule = parse(segment.rule, evaluate.fields())
        context["node"] = explain.explain(rule, contact_id, clock.now())
