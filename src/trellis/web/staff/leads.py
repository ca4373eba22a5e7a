"""Leads: those of a stage, the queue of those ready to be sent on, and what is done with
one in its profile."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.core.paging import Cursor
from trellis.leads import actions
from trellis.leads import queries as leads
from trellis.leads.actions import Moved
from trellis.leads.models import Line
from trellis.web.staff import given, lead_words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import forget
from trellis.web.staff.profile import draw, found_or_404
from trellis.web.staff.stages import address, chosen

LIMIT = 50


def key_of(line: Line) -> str:
    """The line as actions name it."""
    return "" if line.default else line.key


def why_not(skipped: Mapping[str, int]) -> str:
    """Why leads were passed over, with how many, in words."""
    return ", ".join(
        f"{lead_words.SKIPPED.get(why, why)} ({n})" if n > 1 else str(lead_words.SKIPPED.get(why, why))
        for why, n in skipped.items()
    )  # fmt: skip


def say(request: StaffRequest, done: Moved, text: str) -> None:
    """Tell what became of it."""
    if done.contact_ids:
        messages.success(request, text % {"n": len(done.contact_ids)})
    if done.skipped:
        messages.error(request, _("Passed over: %(why)s.") % {"why": why_not(done.skipped)})
    forget()


@page("leads.read")
def of_stage(request: StaffRequest, key: str) -> HttpResponseBase:
    """The leads in a stage, who came last first."""
    line = chosen(request)
    stages = leads.stages(line.pk)
    stage = next((row for row in stages.values() if row.key == key and not row.archived), None)
    if stage is None:
        raise NotFound(_("There is no such stage."))
    after = Cursor.decode(request.GET.get("after", ""))
    found = leads.leads(line.pk, stage_id=stage.id, after=after, limit=LIMIT)
    names = {row.pk: row.name for row in leads.reasons(line.pk)}
    context = {"line": line, "stage": stage, "page": found, "reasons": names}
    return render(request, "staff/stages/leads.html", context)


@page("leads.read", "GET", "POST", change="leads.write")
def proposals(request: StaffRequest) -> HttpResponseBase:
    """Who is ready to be sent on (S9), in the first line where somebody waits unless the
    address names one; POST accepts or rejects one or many."""
    line = chosen(request)
    if request.method == "POST":
        return _decide(request, line)
    after = Cursor.decode(request.GET.get("after", ""))
    counts, lines = leads.proposal_counts(), leads.lines()
    if "line" not in request.GET:
        line = next((row for row in lines if counts.get(row.pk)), line)
    context = {
        "line": line,
        "lines": [{"row": row, "n": counts.get(row.pk, 0)} for row in lines],
        "page": leads.proposals(line.pk, after, LIMIT),
        "stages": leads.stages(line.pk),
        "reasons": leads.reasons(line.pk, "refused"),
    }
    return render(request, "staff/proposals/list.html", context)


def _decide(request: StaffRequest, line: Line) -> HttpResponseBase:
    post, now = request.POST, clock.now()
    verb, _dash, number = post.get("act", "").partition("-")
    one = given.number(number or post.get("one", ""))
    numbers = [one] if one is not None else given.numbers(post.getlist("contact"))
    if verb == "accept":
        done = actions.accept(request.actor, numbers, now, line=key_of(line))
        text = ngettext(
            "%(n)d lead was sent on.", "%(n)d leads were sent on.", len(done.contact_ids)
        )
    elif verb == "refuse":
        reason = post.get("note", "").strip() or post.get("reason", "")
        done = actions.refuse(request.actor, numbers, reason, now, line=key_of(line))
        text = ngettext("%(n)d proposal is rejected.", "%(n)d proposals are rejected.", len(done.contact_ids))  # fmt: skip
    else:
        raise InvalidInput(_("There is no such act."))
    say(request, done, text)
    return redirect(address("proposals", line))


@page("contacts.read", "GET", "POST", change="leads.write")
def act(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """What a person does with a lead in its profile: move, win, lose, disqualify, open
    again, accept or refuse a proposal, add to another line. What is refused comes back with
    what was typed."""
    if request.method != "POST":
        return _profile(request, contact_id)
    found_or_404(contact_id)
    line = leads.line(request.POST.get("line", "")[:64])
    try:
        done = _do(request, line, contact_id)
    except TrellisError as error:
        return _again(request, contact_id, error, request.POST.dict())
    say(request, done, _("Done."))
    if done.skipped and not done.contact_ids:
        return _drawn(request, contact_id, request.POST.dict(), 409)
    return redirect("contacts-profile", contact_id)


def _profile(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Where links of a page lead that came back from a refused form."""
    address = reverse("contacts-profile", args=[contact_id])
    return redirect(f"{address}?{request.GET.urlencode()}")


def _drawn(
    request: StaffRequest, contact_id: int, typed: Mapping[str, Any], status: int
) -> HttpResponseBase:
    contact = found_or_404(contact_id)
    if contact.merged_into is not None:
        return redirect("contacts-profile", contact.merged_into)
    return draw(request, contact, typed, status)


def _again(
    request: StaffRequest, contact_id: int, error: TrellisError, typed: Mapping[str, Any]
) -> HttpResponseBase:
    """The profile with why something was refused, and what was typed still in its form."""
    if error.status == 403:
        raise error
    messages.error(request, error.message)
    return _drawn(request, contact_id, typed, error.status)


def _do(request: StaffRequest, line: Line, contact_id: int) -> Moved:
    post, now, actor, ids = request.POST, clock.now(), request.actor, [contact_id]
    of, version = key_of(line), given.number(post.get("version", ""))
    note, verb = post.get("note", "")[:300], post.get("act", "")
    if verb == "move":
        anyway = post.get("anyway") == "on"
        to = post.get("to", "")
        return actions.move_stage(actor, ids, to, "hand", note, now, anyway=anyway)
    if verb == "win":
        value, currency = _value(post.get("value", "")), post.get("currency", "")
        actions.win(actor, contact_id, value, currency, now, line=of, version=version)
        return Moved(contact_ids=(contact_id,))
    if verb in {"lose", "disqualify"}:
        end = actions.lose if verb == "lose" else actions.disqualify
        reason = given.number(post.get("reason", "")) or 0
        return end(actor, ids, reason, now, note=note, line=of, version=version)
    if verb == "reopen":
        return actions.reopen(actor, ids, note, now, line=of, version=version)
    if verb == "accept":
        return actions.accept(actor, ids, now, line=of)
    if verb == "refuse":
        return actions.refuse(actor, ids, note or post.get("reason", ""), now, line=of)
    if verb == "add":
        return actions.add_leads(actor, ids, of, "hand", now)
    raise InvalidInput(_("There is no such act."))


def _value(text: str) -> Decimal | None:
    plain = text.strip().replace(" ", "").replace(",", ".")
    if not plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise InvalidInput(_("%(text)s is not a sum of money.") % {"text": text}) from None
    if not found.is_finite():
        raise InvalidInput(_("%(text)s is not a sum of money.") % {"text": text})
    return round(found, 2)


def _plain(value: Any) -> Any:
    """An answer, None for the ways of saying nothing; numbers as they are typed."""
    if value in ("", [], None):
        return None
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:g}"
    return value


@page("contacts.read", "GET", "POST", change="leads.write")
def qualify(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Keep the answers to the questions of a line (L8). Where one is refused, all come back
    as they were typed."""
    if request.method != "POST":
        return _profile(request, contact_id)
    found_or_404(contact_id)
    line = leads.line(request.POST.get("line", "")[:64])
    said: dict[str, Any] = {}
    for row in leads.questions(line.pk):
        name = f"q-{row.key}"
        if row.kind == "many":
            said[row.key] = request.POST.getlist(name)
        elif row.kind == "yes_no":
            said[row.key] = {"yes": True, "no": False}.get(request.POST.get(name, ""))
        else:
            said[row.key] = request.POST.get(name, "").strip()
    before = {row.question.key: row.value for row in leads.qualification(contact_id, line.pk)}
    changed = {
        key: value for key, value in said.items() if _plain(value) != _plain(before[key])
    }
    try:
        actions.answer(request.actor, contact_id, changed, line=key_of(line))
    except TrellisError as error:
        return _again(request, contact_id, error, {"line": line.key, "answers": said})
    messages.success(request, _("Saved."))
    return redirect("contacts-profile", contact_id)
