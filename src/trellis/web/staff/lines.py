"""Business lines: name and entry rule, the reasons for which leads end, the questions that
qualify them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.leads import actions
from trellis.leads import queries as leads
from trellis.leads.actions import LineDraft, QuestionDraft, ReasonDraft
from trellis.leads.models import Question, Reason
from trellis.rules import evaluate, words
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.web.staff import lead_words, rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import clash, seen
from trellis.web.staff.memo import forget


def attempt(request: StaffRequest, save: Callable[[], object]) -> dict[str, Any]:
    """Try to save. What went wrong, as context of a form: ``problems`` or ``clash``; empty
    where it was saved. What a person may not do is refused as a whole page."""
    try:
        save()
    except RuleError as error:
        return {"problems": list(error.problems)}
    except TrellisError as error:
        if error.status == 403:
            raise
        found = clash(error)
        return {"clash": found} if found else {"problems": [error.message]}
    messages.success(request, _("Saved."))
    return {}


def _stored(name: str, rule: Any, version: int) -> dict[str, Any]:
    """What stands in the form of a line or reason, from what is stored."""
    return {
        "name": name,
        "by_rule": rule is not None,
        "version": version,
        "rule": json.dumps(rule or {"all": []}),
    }


def _typed(request: StaffRequest) -> dict[str, Any]:
    """What stands in the form of a line or reason, as it was typed."""
    post = request.POST
    return {
        "name": post.get("name", ""),
        "by_rule": post.get("by_rule") == "on",
        "version": post.get("version", ""),
        "rule": post.get("rule") or '{"all": []}',
    }


def status_of(failed: dict[str, Any]) -> int:
    """The status of the page that shows what went wrong."""
    return 409 if "clash" in failed else 422 if failed else 200


@page("leads.read", "GET", "POST", change="stages.write")
def new(request: StaffRequest) -> HttpResponseBase:
    """Add a line."""
    name = request.POST.get("name", "")
    failed: dict[str, Any] = {}
    if request.method == "POST":
        key = slugify(name)[:60] or f"line-{len(leads.lines()) + 1}"
        failed = attempt(
            request, lambda: actions.add_line(request.actor, key, LineDraft(name=name))
        )
        if not failed:
            return redirect("lines-edit", key)
    context = {"name": name, "lines": leads.lines(), **failed}
    return render(request, "staff/lines/new.html", context, status=status_of(failed))


@page("leads.read", "GET", "POST", change="stages.write")
def edit(request: StaffRequest, key: str) -> HttpResponseBase:
    """A line: its name, who becomes a lead, its reasons and questions."""
    line = leads.line(key)
    failed: dict[str, Any] = {}
    written = _stored(line.name, line.entry, line.version)
    if request.method == "POST":
        post = request.POST
        verb = post.get("act", "save")
        if verb != "save":
            return _act(request, key, verb)
        written = _typed(request)

        def save() -> object:
            entry = rules.read_json(request) if written["by_rule"] else None
            draft = LineDraft(name=written["name"], entry=entry)
            return actions.change_line(request.actor, key, draft, version=seen(request))

        failed = attempt(request, save)
        if not failed:
            return redirect("lines-edit", key)
        if "clash" in failed:
            written["version"] = failed["clash"].version
    known = evaluate.fields()
    context = {
        "line": line,
        "written": written,
        "rule_json": written["rule"],
        "reasons": _reasons(leads.reasons(line.pk), known),
        "reason_kinds": lead_words.REASON_KINDS,
        "questions": leads.questions(line.pk),
        "question_kinds": lead_words.QUESTION_KINDS,
        **failed,
    }
    return render(request, "staff/lines/edit.html", context, status=status_of(failed))


def _reasons(rows: Any, known: Any) -> list[dict[str, Any]]:
    groups = []
    for kind, (label, about) in lead_words.REASON_KINDS.items():
        mine = [
            {"row": row, "sentence": _sentence(row, known)} for row in rows if row.kind == kind
        ]
        groups.append({"kind": kind, "label": label, "about": about, "rows": mine})
    return groups


def _sentence(row: Reason, known: Any) -> str:
    if row.rule is None:
        return ""
    try:
        return words.sentence(parse(row.rule, known), known)
    except RuleError as error:
        return error.message


def _act(request: StaffRequest, key: str, verb: str) -> HttpResponseBase:
    post, now = request.POST, clock.now()
    if verb == "archive":
        actions.archive_line(request.actor, key, now)
        forget()
        messages.success(request, _("The line is archived; its leads and their history stay."))
        return redirect("stages")
    if verb == "add-reason":
        draft = ReasonDraft(kind=post.get("kind", ""), name=post.get("name", ""))
        actions.save_reason(request.actor, draft, line=key)
    elif verb == "add-question":
        actions.save_question(request.actor, _question(request), line=key)
    else:
        raise InvalidInput(_("There is no such act."))
    messages.success(request, _("Saved."))
    return redirect("lines-edit", key)


def _question(request: StaffRequest) -> QuestionDraft:
    post = request.POST
    options = [line.strip() for line in post.get("options", "").splitlines() if line.strip()]
    good = [line.strip() for line in post.get("wanted", "").splitlines() if line.strip()]
    return QuestionDraft(
        text=post.get("text", ""), kind=post.get("kind", "choice"), options=options, wanted=good
    )


@page("leads.read", "GET", "POST", change="stages.write")
def reason(request: StaffRequest, key: str, reason_id: int) -> HttpResponseBase:
    """A reason: its name, and the rule by which leads are disqualified for it."""
    line = leads.line(key)
    row = Reason.objects.filter(pk=reason_id, line=line, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no such reason."))
    failed: dict[str, Any] = {}
    written = _stored(row.name, row.rule, row.version)
    if request.method == "POST":
        post = request.POST
        if post.get("act") == "archive":
            actions.archive_reason(request.actor, row.pk, clock.now())
            return redirect("lines-edit", key)
        written = _typed(request)

        def save() -> object:
            rule = rules.read_json(request) if written["by_rule"] else None
            draft = ReasonDraft(kind=row.kind, name=written["name"], rule=rule)
            return actions.save_reason(
                request.actor, draft, reason_id=row.pk, version=seen(request)
            )

        failed = attempt(request, save)
        if not failed:
            return redirect("lines-edit", key)
        if "clash" in failed:
            written["version"] = failed["clash"].version
    context = {
        "line": line,
        "row": row,
        "written": written,
        "rule_json": written["rule"],
        "kind": lead_words.REASON_KINDS[row.kind],
        **failed,
    }
    return render(request, "staff/lines/reason.html", context, status=status_of(failed))


@page("leads.read", "GET", "POST", change="stages.write")
def question(request: StaffRequest, key: str, question_id: int) -> HttpResponseBase:
    """A question with its answers, and which of them speak for a lead."""
    line = leads.line(key)
    row = Question.objects.filter(pk=question_id, line=line, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no such question."))
    failed: dict[str, Any] = {}
    written: dict[str, Any] = {
        "text": row.text,
        "kind": row.kind,
        "options": "\n".join(row.options),
        "wanted": "\n".join(row.wanted),
        "version": row.version,
    }
    if request.method == "POST":
        post = request.POST
        if post.get("act") == "archive":
            failed = attempt(
                request,
                lambda: actions.archive_question(request.actor, row.pk, clock.now()),
            )
        else:
            written = {name: post.get(name, "") for name in written}
            failed = attempt(
                request,
                lambda: actions.save_question(
                    request.actor,
                    _question(request),
                    question_id=row.pk,
                    version=seen(request),
                ),
            )
        if not failed:
            return redirect("lines-edit", key)
        if "clash" in failed:
            written["version"] = failed["clash"].version
    context = {
        "line": line,
        "row": row,
        "written": written,
        "kinds": lead_words.QUESTION_KINDS,
        **failed,
    }
    return render(request, "staff/lines/question.html", context, status=status_of(failed))
