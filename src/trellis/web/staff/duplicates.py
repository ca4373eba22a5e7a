"""The duplicates queue: pairs with reasons, what a merge would make of them, and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.leads import merging
from trellis.leads import queries as leads
from trellis.people import actions, likeness
from trellis.people import duplicates as queue
from trellis.people import queries as people
from trellis.people.duplicates import Candidate
from trellis.people.models import Merge
from trellis.people.preview import preview
from trellis.web.staff import given, words
from trellis.web.staff.access import StaffRequest, page

LIMIT = 20
SURE_AT_ONCE = 100
"""Sure pairs that one click may merge."""
STATES: Mapping[str, Any] = {
    "open": gettext_lazy("To decide"),
    "merged": gettext_lazy("Merged"),
    "apart": gettext_lazy("Two people"),
}
MOVES: Mapping[str, Any] = {
    "event": ngettext_lazy("%(n)d event", "%(n)d events", "n"),
    "message": ngettext_lazy("%(n)d message", "%(n)d messages", "n"),
    "lead": ngettext_lazy("%(n)d lead", "%(n)d leads", "n"),
    "enrolment": ngettext_lazy("%(n)d journey", "%(n)d journeys", "n"),
    "touch": ngettext_lazy("%(n)d arrival", "%(n)d arrivals", "n"),
    "consent": ngettext_lazy("%(n)d consent", "%(n)d consents", "n"),
    "stage_move": ngettext_lazy("%(n)d stage move", "%(n)d stage moves", "n"),
    "contact_identity": ngettext_lazy("%(n)d identity", "%(n)d identities", "n"),
    "membership": ngettext_lazy("%(n)d segment", "%(n)d segments", "n"),
}
"""What of a merge's moves people are told; the rest is bookkeeping that follows."""


@page("contacts.read", "GET", "POST", change="contacts.write")
def duplicates(request: StaffRequest) -> HttpResponseBase:
    """The queue, or what was decided; POST decides a pair, or merges the sure ones."""
    if request.method == "POST":
        return _decide(request)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    sure = state == "open" and request.GET.get("sure") == "1"
    reason = request.GET.get("reason", "")
    reason = reason if reason in words.ALIKE else ""
    limit = SURE_AT_ONCE if sure else LIMIT
    rows = queue.queue(state, reason, request.GET.get("after", ""), limit + 1, sure)
    n, n_sure = queue.counts()
    context = {
        "pairs": _pairs(request.actor, rows[:limit]),
        "next": rows[limit - 1].position if len(rows) > limit and state == "open" else "",
        "state": state,
        "states": STATES,
        "sure": sure,
        "n": n,
        "n_sure": n_sure,
        "reason": reason,
        "reasons": words.ALIKE,
        "stages": leads.stages(),
    }
    return render(request, "staff/contacts/duplicates.html", context)


def _pairs(actor: Actor, rows: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Pairs with both people; where one is gone, the pair is left out."""
    numbers = sorted({number for row in rows for number in (row.contact_id, row.other_id)})
    who = {row.contact_id: row for row in people.by_ids(numbers)}
    merges = {
        row.loser_id: row
        for row in Merge.objects.filter(
            loser_id__in=[n for row in rows if row.state == "merged" for n in row[:2]],
            undone_at=None,
        )
    }
    return [
        {
            "row": row,
            "sides": [who[row.contact_id], who[row.other_id]],
            "merge": merges.get(row.contact_id) or merges.get(row.other_id),
        }
        for row in rows
        if row.contact_id in who and row.other_id in who
    ]


def _decide(request: StaffRequest) -> HttpResponseBase:
    post, actor = request.POST, request.actor
    if post.get("act") == "sure":
        pairs = [_pair_of(text) for text in post.getlist("pair")[:SURE_AT_ONCE]]
        done, left = actions.merge_sure(actor, pairs)
        text = ngettext("%(n)d pair merged.", "%(n)d pairs merged.", done) % {"n": done}
        if left:
            text += " " + _("%(n)d left as they were: changed meanwhile.") % {"n": left}
        messages.success(request, text)
        return redirect("contacts-duplicates")
    one, other = _number(post.get("one")), _number(post.get("other"))
    try:
        if post.get("act") == "merge":
            actions.merge(actor, one, other)
            messages.success(request, _("Merged. It can be undone here and on the profile."))
        elif post.get("act") == "apart":
            actions.keep_apart(actor, one, other)
            messages.success(request, _("Kept apart. They are not proposed again."))
        elif post.get("act") == "doubt":
            actions.doubt(actor, one, other)
            messages.success(request, _("Back in the queue."))
        else:
            raise InvalidInput(_("There is no such act."))
    except (Conflict, NotFound) as error:
        messages.error(request, error.message)
    return redirect("contacts-duplicates")


def _pair_of(text: str) -> tuple[int, int]:
    one, _dot, other = text.partition(".")
    return _number(one), _number(other)


def _number(text: str | None) -> int:
    if (found := given.number(text)) is None:
        raise InvalidInput(_("A number is missing."))
    return found


@page("contacts.read")
def compare(request: StaffRequest, one_id: int, other_id: int) -> HttpResponseBase:
    """Two contacts side by side with what a merge would make of them; the first stays."""
    require(request.actor, "contacts.write")
    if one_id == other_id:
        raise NotFound(_("A contact cannot be merged with itself."))
    rows = {row.contact_id: row for row in people.by_ids([one_id, other_id])}
    profiles = {number: people.profile(number) for number in rows}
    for number in (one_id, other_id):
        found = profiles.get(number)
        if found is None:
            raise NotFound(_("There is no contact %(n)d.") % {"n": number})
        if found.merged_into is not None:
            messages.error(request, _("The two were merged meanwhile."))
            return redirect("contacts-profile", found.merged_into)
    shown = preview(one_id, other_id)
    labels = {row.key: row.label for row in people.attributes()}
    pair = queue.between(one_id, other_id)
    context = {
        "sides": [rows[one_id], rows[other_id]],
        "pair": pair,
        "values": [
            {
                "label": words.TRAITS.get(value.key) or labels.get(value.key, value.key),
                "value": value,
                "cells": [_text(value.winner), _text(value.loser), _text(value.result)],
            }
            for value in shown.values
        ],
        "tags": shown.tags,
        "moves": [MOVES[name] % {"n": n} for name, n in shown.moves.items() if name in MOVES],
        "leads": merging.stays(one_id, other_id),
        "swap": reverse("contacts-compare", args=[other_id, one_id]),
        "stages": leads.stages(),
        "sure_from": likeness.SURE_FROM,
    }
    return render(request, "staff/contacts/compare.html", context)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
