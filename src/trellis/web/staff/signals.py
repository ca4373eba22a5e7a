"""Signals: what is counted of people's behaviour, how often, by whom it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core import clock
from trellis.core.days import day_of
from trellis.core.errors import Conflict, InvalidInput, TrellisError
from trellis.events import content, signal_acts
from trellis.events import queries as events
from trellis.events.behaviour import ensure_signal
from trellis.events.models import Signal
from trellis.people import queries as people
from trellis.rules import usage
from trellis.web.staff import uses
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.forms import StaffForm
from trellis.web.staff.words import BUCKETS

SEEN = timedelta(days=30)
PLOTTED = 90
NEWEST = 20
OPERATORS = (
    ("eq", gettext_lazy("is")),
    ("contains", gettext_lazy("contains")),
    ("starts_with", gettext_lazy("begins with")),
    ("gte", gettext_lazy("is at least")),
    ("not_empty", gettext_lazy("is given")),
)


class SignalForm(StaffForm):
    """What is counted, and what it is called."""

    event = forms.ChoiceField(label=gettext_lazy("Event"))
    value_prop = forms.CharField(
        label=gettext_lazy("Number to add up"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("A property of the event: total, seconds."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    bucket = forms.ChoiceField(
        label=gettext_lazy("Bucket"),
        choices=[(key, label) for key, (label, _hint) in BUCKETS.items()],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(f"{row.type}:{row.name}", row.name) for row in events.catalogue()]
        choice = self.fields["event"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "–"), *names]


@page("signals.read")
def index(request: StaffRequest) -> HttpResponseBase:
    """What is counted, how often lately, and how far back-fills are."""
    asked = request.GET.get("q", "").strip()[:100]
    bucket = request.GET.get("bucket", "")
    rows = events.signals(day_of(clock.now()), asked, bucket)
    context = {
        "rows": rows,
        "readers": usage.readers_of_signals(),
        "query": asked,
        "bucket": bucket,
        "buckets": BUCKETS,
        "building": any(row.signal.status == "building" for row in rows),
    }
    template = "staff/signals/list.html#list" if request.htmx else "staff/signals/list.html"
    return render(request, template, context)


@page("signals.write", "GET", "POST")
def create(request: StaffRequest) -> HttpResponseBase:
    """Count a behaviour: an event, and conditions over its properties."""
    begun = {"bucket": "engagement", "event": request.GET.get("event", "")[:220]}
    form = SignalForm(request.POST or None, initial=begun)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        kind, _colon, name = data["event"].partition(":")
        try:
            made = ensure_signal(
                request.actor,
                event_type=kind,
                event_name=name,
                filter=_filter(request),
                value_prop=data["value_prop"],
                name=data["name"],
                bucket=data["bucket"],
            )
        except TrellisError as error:
            form.add_error(None, error.message)
        else:
            if made.name == data["name"]:
                messages.success(request, _("%(name)s is counted.") % {"name": made.name})
            else:
                text = _("This is counted already, as %(name)s.") % {"name": made.name}
                messages.success(request, text)
            return redirect("signals-detail", made.pk)
    context = {"form": form, "conditions": _conditions(request), "operators": OPERATORS}
    return render(request, "staff/signals/new.html", context)


def _conditions(request: StaffRequest) -> list[tuple[str, str, str]]:
    """The rows of the filter as they were typed; three of them."""
    post = request.POST
    rows = list(
        zip(post.getlist("prop"), post.getlist("op"), post.getlist("value"), strict=False)
    )
    return [*rows, *[("", "eq", "")] * 3][:3]


def _filter(request: StaffRequest) -> dict[str, Any]:
    leaves: list[dict[str, Any]] = []
    for prop, op, value in _conditions(request):
        if not prop.strip():
            continue
        leaf: dict[str, Any] = {"field": f"prop.{prop.strip()}", "op": op}
        if op != "not_empty":
            leaf["value"] = _plain(value.strip()) if op in ("eq", "gte") else value.strip()
        leaves.append(leaf)
    return {"all": leaves} if leaves else {}


def _plain(text: str) -> Any:
    """A number or yes/no where the text is one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, bool | int | float) else text


@page("signals.read", "POST")
def matches(request: StaffRequest) -> HttpResponseBase:
    """How many events of the last 30 days the form describes."""
    kind, _colon, name = request.POST.get("event", "").partition(":")
    context: dict[str, Any] = {"event": name}
    if name:
        try:
            since = clock.now() - SEEN
            n, all_ = signal_acts.matching(kind, name, _filter(request), since)
            context |= {"n": n, "all": all_, "most": signal_acts.MATCHED}
        except InvalidInput as error:
            context["problem"] = error.message
    return render(request, "staff/signals/matches.html", context)


@page("signals.read", "GET", "POST", change="signals.write")
def detail(request: StaffRequest, signal_id: int) -> HttpResponseBase:
    """A signal: its days, newest events and users; POST renames or archives it."""
    signal = signal_acts.get(signal_id)
    found: Clash | None = None
    if request.method == "POST":
        try:
            return _change(request, signal)
        except Conflict as error:
            found = clash(error)
            if found is None:
                messages.error(request, error.message)
                return redirect("signals-detail", signal_id)
    today = day_of(clock.now())
    since = today - timedelta(days=PLOTTED - 1)
    days = content.signal_days([signal_id], since)[signal_id]
    shown = [since + timedelta(days=n) for n in range(PLOTTED)]
    newest = signal_acts.newest(signal, NEWEST)
    who = {row.contact_id: row for row in people.by_ids([row[0] for row in newest])}
    post = request.POST
    context = {
        "signal": signal,
        "users": uses.shown(usage.of_signal(signal.key)),
        "buckets": BUCKETS,
        "written": {
            "name": post.get("name", signal.name),
            "bucket": post.get("bucket", signal.bucket),
            "description": post.get("description", signal.description),
            "version": found.version if found else signal.version,
        },
        "clash": found,
        "events": [
            {"contact_id": number, "at": at, "props": _props(props), "who": who.get(number)}
            for number, at, props in newest
        ],
        "total": sum(n for n, _people in days.values()),
        "plot": {
            "labels": [formats.date_format(day, "MONTH_DAY_FORMAT") for day in shown],
            "series": [
                {"name": _("Times"), "data": [days.get(day, (0, 0))[0] for day in shown]},
                {"name": _("People"), "data": [days.get(day, (0, 0))[1] for day in shown]},
            ],
        },
    }
    return render(request, "staff/signals/detail.html", context, status=409 if found else 200)


def _props(known: Mapping[str, Any]) -> str:
    """The few properties that tell an event from another."""
    keys = [key for key in known if key not in ("url", "referrer", "context")][:4]
    return " · ".join(f"{key} {str(known[key])[:60]}" for key in keys)


def _change(request: StaffRequest, signal: Signal) -> HttpResponseBase:
    post = request.POST
    if post.get("act") == "archive":
        signal_acts.archive(request.actor, signal.pk)
        messages.success(request, _("%(name)s is counted no longer.") % {"name": signal.name})
        return redirect("signals")
    signal_acts.update(
        request.actor,
        signal.pk,
        name=post.get("name"),
        bucket=post.get("bucket"),
        description=post.get("description"),
        version=seen(request),
    )
    messages.success(request, _("Saved."))
    return redirect("signals-detail", signal.pk)
