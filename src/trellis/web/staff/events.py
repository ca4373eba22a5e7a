"""The event debugger: what comes in, as it comes, and what became of each item."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from trellis.accounts.models import Key
from trellis.core.errors import NotFound
from trellis.core.paging import Cursor
from trellis.events import passed, queries, tail
from trellis.events.tail import Filter, Item
from trellis.people import queries as people
from trellis.people.queries import ContactRow
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.sentences import sentence
from trellis.web.staff.timeline import by_day

LIMIT = 40
LATE = timedelta(seconds=5)
"""An event that was logged later than this after it happened says so."""


@page("events.read")
def events(request: StaffRequest) -> HttpResponseBase:
    """The tail, and its list alone when asked by htmx; nothing (204) where the list would
    be the one that is shown (``seen``)."""
    who = request.GET.get("who", "").strip()[:200]
    name = request.GET.get("name", "").strip()[:200]
    key = request.GET.get("key", "")
    state = request.GET.get("state", "")
    asked = Filter(
        contacts=tail.find_people(who) if who else None,
        who=who,
        name=name,
        key_id=int(key) if key.isdigit() and len(key) < 9 else None,
        state=state if state in tail.STATES else "",
    )
    after = Cursor.decode(request.GET.get("after", ""))
    found = tail.tail(asked, after, LIMIT)
    seen = _seen(found.rows)
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    keys = {row.pk: row.name for row in Key.objects.filter(kind="write")}
    chosen = {"who": who, "name": name, "key": key, "state": asked.state}
    kept = urlencode({part: value for part, value in chosen.items() if value})
    context = {
        "title": _("Events"),
        "page": found,
        "rows": _rows(found.rows, keys),
        "keys": sorted(keys.items(), key=lambda pair: pair[1].lower()),
        "names": [] if request.htmx else sorted({row.name for row in queries.catalogue()}),
        "asked": asked,
        "known": asked.contacts is None or bool(asked.contacts),
        "live": after is None and "paused" not in request.GET,
        "first": after is None,
        "kept": kept,
        "watched": f"?{kept}&seen={seen}" if kept else f"?seen={seen}",
    }
    template = "staff/events/tail.html#list" if request.htmx else "staff/events/tail.html"
    return render(request, template, context)


def _seen(items: Sequence[Item]) -> str:
    """A short mark of what a list shows, so that nothing is drawn twice."""
    said = "|".join(f"{row.contact_id}.{row.number}.{row.state}" for row in items)
    return blake2b(said.encode(), digest_size=8).hexdigest()


def _rows(items: Sequence[Item], keys: dict[int, str]) -> list[dict[str, Any]]:
    names = _people([item.contact_id for item in items if item.contact_id])
    return [
        {
            "item": item,
            "words": sentence(item.type, item.name, item.props) if item.name else None,
            "person": names.get(item.contact_id),
            "key": keys.get(item.key_id or 0, ""),
        }
        for item in items
    ]


def _people(contact_ids: Sequence[int]) -> dict[int, ContactRow]:
    return {row.contact_id: row for row in people.by_ids(sorted(set(contact_ids)))}


@page("events.read")
def event(request: StaffRequest, contact_id: int, event_id: str) -> HttpResponseBase:
    """One event: what it says, whose it is, what counted it and what followed from it. The
    number of an event may be negative."""
    plain = event_id.removeprefix("-").isdigit() and len(event_id) < 20
    item = tail.one(contact_id, int(event_id)) if plain else None
    if item is None:
        raise NotFound(_("There is no such event."))
    key = Key.objects.filter(pk=item.key_id).first() if item.key_id else None
    counted = tail.counted_by(item)
    late = item.logged_at - item.at if item.logged_at else timedelta()
    context = {
        "title": item.name,
        "item": item,
        "words": sentence(item.type, item.name, item.props),
        "person": _people([contact_id]).get(contact_id),
        "identities": people.identities(contact_id),
        "key": key,
        "late": late if late > LATE else None,
        "signals": counted,
        "passed": passed.passed_over(
            item.type, item.name, item.props, [signal.pk for signal in counted]
        ),
        "followed": by_day(tail.followed(item)),
        "payload": json.dumps(item.props, indent=2, ensure_ascii=False, sort_keys=True),
    }
    return render(request, "staff/events/detail.html", context)
