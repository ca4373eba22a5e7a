"""Sources of enrichment: what adds to profiles, on which basis, and what came of it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.core import clock, http
from trellis.core.errors import InvalidInput, TrellisError
from trellis.enrichment import actions, queries
from trellis.enrichment.models import EnrichmentSource
from trellis.enrichment.registry import KINDS
from trellis.people import queries as people
from trellis.people.provenance import BASES
from trellis.web.staff import given, someone, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen

FIELDS = ("email", "phone", "first_name", "last_name", "company", "country", "city", "locale")


@page("enrichment.read", "GET", "POST", change="enrichment.write")
def enrichment(request: StaffRequest) -> HttpResponseBase:
    """The sources with their counts; POST sets one up."""
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        label = str(KINDS[kind].label) if kind in KINDS else ""
        name = request.POST.get("name", "").strip() or label
        source = actions.create(request.actor, kind, name, {})
        return redirect("enrichment-edit", source.pk)
    counts = queries.counts(clock.now())
    rows = [
        {"source": row, "kind": KINDS[row.kind], **_sums(counts.get(row.pk, {}))}
        for row in queries.sources()
    ]
    context = {"title": _("Enrichment"), "rows": rows, "kinds": KINDS.values()}
    return render(request, "staff/enrichment/list.html", context)


def _sums(found: dict[tuple[str, str], int]) -> dict[str, Any]:
    total = sum(found.values())
    done = sum(n for (state, _reason), n in found.items() if state == "done")
    waiting = sum(n for (state, _reason), n in found.items() if state == "waiting")
    why = [(reason, n) for (_state, reason), n in found.items() if reason]
    return {"total": total, "done": done, "waiting": waiting, "why": why[:6]}


@page("enrichment.read", "GET", "POST", change="enrichment.write")
def edit(request: StaffRequest, source_id: int) -> HttpResponseBase:
    """One source: settings, counts, last answers; ``act`` switches, tries or archives it."""
    source = actions.get(source_id)
    found: Clash | None = None
    problem, tried = "", None
    if request.method == "POST":
        try:
            answer, tried = _act(request, source)
            if answer is not None:
                return answer
        except TrellisError as error:
            if error.status == 403:
                raise
            found, problem = clash(error), error.message
        if problem == "":
            source.refresh_from_db()
    counts = queries.counts(clock.now()).get(source.pk, {})
    runs = queries.latest(source.pk)
    known = people.attributes()
    context = {
        "title": source.name,
        "source": source,
        "kind": KINDS[source.kind],
        "values": _typed(request, source, found),
        "rule_json": request.POST.get("rule") or json.dumps(source.rule or {"all": []}),
        "clash": found,
        "problem": "" if found else problem,
        "tried": tried,
        "runs": runs,
        "who": {row.contact_id: row for row in people.by_ids([run.contact_id for run in runs])},
        "bases": {key: words.BASES[key] for key in BASES},
        "sendable": [*FIELDS, *(f"attr.{row.key}" for row in known)],
        "labels": {row.key: row.label for row in known},
        **_sums(counts),
    }
    return render(request, "staff/enrichment/edit.html", context)


def _typed(
    request: StaffRequest, source: EnrichmentSource, found: Clash | None
) -> dict[str, Any]:
    """What stands in the form: what was typed, or what is stored."""
    if request.method == "POST" and request.POST.get("act", "save") == "save":
        post = request.POST
        typed = {name: post.get(name, "") for name in ("name", "basis", "rate", "url", "take")}
        version = found.version if found else post.get("version", "")
        return {
            **typed,
            "send": post.getlist("send"),
            "mail_server": bool(post.get("mail_server")),
            "version": version,
        }
    settings = source.settings
    take = "\n".join(f"{place} = {key}" for place, key in settings.get("take", {}).items())
    return {
        "name": source.name,
        "basis": source.basis,
        "rate": source.rate,
        "url": settings.get("url", ""),
        "send": settings.get("send", []),
        "take": take,
        "mail_server": settings.get("mail_server", False),
        "version": source.version,
    }


def _act(
    request: StaffRequest, source: EnrichmentSource
) -> tuple[HttpResponseBase | None, dict[str, Any] | None]:
    act, actor = request.POST.get("act", "save"), request.actor
    if act == "archive":
        actions.archive(actor, source.pk)
        messages.success(request, _("%(name)s is archived.") % {"name": source.name})
        return redirect("enrichment"), None
    if act in ("on", "off"):
        actions.turn(actor, source.pk, act == "on")
        messages.success(request, _("Switched on.") if act == "on" else _("Switched off."))
        return redirect("enrichment-edit", source.pk), None
    if act == "test":
        return None, _try(request, source)
    actions.update(
        actor,
        source.pk,
        _values(request, source),
        seen(request),
    )
    messages.success(request, _("Saved."))
    return redirect("enrichment-edit", source.pk), None


def _values(request: StaffRequest, source: EnrichmentSource) -> dict[str, Any]:
    post = request.POST
    settings: dict[str, Any] = {}
    if source.kind == "webhook":
        settings = {
            "url": post.get("url", "").strip(),
            "send": post.getlist("send"),
            "take": _places(post.get("take", "")),
        }
    elif source.kind == "email_check":
        settings = {"mail_server": bool(post.get("mail_server"))}
    try:
        rule = json.loads(post.get("rule") or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidInput(_("The rule is not valid JSON.")) from error
    empty = not isinstance(rule, dict) or not any(rule.get(g) for g in ("all", "any", "none"))
    return {
        "name": post.get("name", ""),
        "basis": post.get("basis", ""),
        "rate": given.number(post.get("rate")) or 0,
        "rule": {} if empty and "op" not in rule else rule,
        "settings": settings,
    }


def _places(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        place, sign, key = line.partition("=")
        if line.strip() and not (sign and place.strip() and key.strip()):
            raise InvalidInput(
                _("“%(line)s” is not of the form place = attribute.") % {"line": line}
            )
        if line.strip():
            found[place.strip()] = key.strip()
    return found


def _try(request: StaffRequest, source: EnrichmentSource) -> dict[str, Any]:
    number = someone.one(request.POST.get("contact", ""))
    try:
        answer = actions.test(request.actor, source.pk, number)
    except http.Failed as error:
        raise InvalidInput(f"{error.reason}: {error.detail}") from error
    return {"traits": dict(answer.traits), "reason": answer.reason, "raw": answer.raw}


@page("contacts.read", "POST", change="contacts.write")
def ask(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Have a source asked about one contact now."""
    source_id = given.number(request.POST.get("source"))
    if source_id is None:
        raise InvalidInput(_("Choose a source."))
    actions.ask(request.actor, source_id, contact_id)
    messages.success(request, _("Asked. What it adds appears here in a moment."))
    return redirect("contacts-profile", contact_id)
