"""Journeys: the list, the picture with live counts, the definition, publishing, runs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.accounts.versions import ChangedMeanwhile
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.paging import Cursor
from trellis.journeys import actions, conditions, picture
from trellis.journeys import definition as language
from trellis.journeys import queries as journeys
from trellis.journeys.definition import DefinitionError, Problem
from trellis.journeys.definition.places import shown
from trellis.journeys.models import Journey, JourneyVersion
from trellis.people import queries as people
from trellis.web.staff import given, someone, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import clash, lines, seen
from trellis.web.staff.journey_examples import EXAMPLES
from trellis.web.templatetags import trellis as numbers

LIMIT = 50
LETTERS = 21
"""Letters that fit into a line of a box."""
ICONS = {
    "start": "door-enter",
    "end": "circle-check",
    "send": "send",
    "wait": "clock-pause",
    "branch": "git-branch",
    "set": "pencil",
    "tag": "tag",
    "score": "gauge",
    "stage": "stairs-up",
    "notify": "bell",
    "jump": "arrow-back-up",
    "goal": "flag",
    "exit": "door-exit",
}
"""The icon of each kind of step."""


@page("journeys.read")
def index(request: StaffRequest) -> HttpResponseBase:
    """All journeys with where their people are."""
    context = {"rows": journeys.journeys(), "examples": EXAMPLES}
    return render(request, "staff/journeys/list.html", context)


def _found(journey_id: int) -> Journey:
    journey = Journey.objects.filter(pk=journey_id).first()
    if journey is None:
        raise NotFound(_("There is no such journey."))
    return journey


def _version(journey: Journey, number: str = "") -> JourneyVersion | None:
    wanted = given.number(number) or journey.version
    return journey.versions.filter(number=wanted).first()


def _drawn(journey: Journey, version: JourneyVersion | None) -> picture.Picture | None:
    """The picture of the running version with its counts, or of the draft without."""
    if version is not None:
        return picture.lay_out(version)
    try:
        return picture.draw(language.outline(journey.draft))
    except DefinitionError:
        return None


@page("journeys.read")
def detail(request: StaffRequest, journey_id: int) -> HttpResponseBase:
    """The picture, and who stands at the step that was clicked."""
    journey = _found(journey_id)
    version = _version(journey, request.GET.get("version", ""))
    step, state = request.GET.get("step", ""), request.GET.get("state", "")
    after = Cursor.decode(request.GET.get("after", ""))
    found = journeys.runs(journey_id, step, state, after, LIMIT)
    drawn = _drawn(journey, version)
    context = {
        "journey": journey,
        "version": version,
        "versions": journeys.versions_of(journey_id),
        "balance": journeys.balance(journey_id),
        "picture": drawn,
        "boxes": [_box(box) for box in drawn.boxes] if drawn else [],
        "page": found,
        "names": {
            row.contact_id: row for row in people.by_ids([run.contact_id for run in found.rows])
        },
        "step": step,
        "state": state,
        "states": words.STATES["enrolment"],
        "changed": version is None or journey.draft != version.source,
    }
    template = "staff/journeys/picture.html" if request.htmx else "staff/journeys/detail.html"
    return render(request, template, context)


def _box(box: picture.Box) -> dict[str, Any]:
    """A box with its title in lines and its counts, and where each of them stands."""
    texts = _wrapped(box.title, LETTERS)
    counts = []
    if box.waiting:
        counts.append(_("%(n)s here") % {"n": numbers.n(box.waiting)})
    if box.passed:
        counts.append(_("%(n)s passed") % {"n": numbers.n(box.passed)})
    top = {(1, False): 37, (1, True): 28, (2, False): 29, (2, True): 20}
    y = top[len(texts), bool(counts)]
    return {
        "box": box,
        "icon": ICONS.get(box.kind, "circle-dashed"),
        "lines": [{"text": text, "y": y + 16 * at} for at, text in enumerate(texts)],
        "counts": " · ".join(counts),
        "counts_y": y + 16 * len(texts) + 2,
    }


def _wrapped(text: str, width: int) -> list[str]:
    """``text`` in at most two lines of about ``width`` letters; wide letters count twice."""
    lines, line = [], ""
    for word in text.split():
        if line and _wide(f"{line} {word}") > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    if len(lines) > 2:
        lines = [lines[0], " ".join(lines[1:])]
    return [_cut(part, width) for part in lines]


def _wide(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _cut(text: str, width: int) -> str:
    if _wide(text) <= width:
        return text
    while text and _wide(text) >= width:
        text = text[:-1]
    return f"{text}…"


@page("journeys.write", "GET", "POST")
def create(request: StaffRequest) -> HttpResponseBase:
    """A new journey from YAML, to begin with an example."""
    chosen = EXAMPLES.get(request.GET.get("example", ""), next(iter(EXAMPLES.values())))
    source, problems = chosen.source, list[Problem]()
    if request.method == "POST":
        source = request.POST.get("source", "").replace("\r\n", "\n")
        try:
            made = actions.create(request.actor, source)
        except DefinitionError as error:
            problems = error.problems
        except (InvalidInput, Conflict) as error:
            problems = [Problem("", 0, error.message)]
        else:
            actions.save_draft(request.actor, made.pk, source)
            messages.success(request, _("The draft is saved. Publish it to let people in."))
            return redirect("journeys-edit", made.pk)
    context = {"source": source, "problems": problems, "examples": EXAMPLES}
    status = 422 if problems else 200
    return render(request, "staff/journeys/edit.html", context, status=status)


@page("journeys.read", "GET", "POST", change="journeys.write")
def edit(request: StaffRequest, journey_id: int) -> HttpResponseBase:
    """The definition as YAML with what is wrong in it, line by line."""
    journey = _found(journey_id)
    if request.method == "POST":
        source = request.POST.get("source", "").replace("\r\n", "\n")
        try:
            problems = actions.save_draft(request.actor, journey_id, source, seen(request))
        except ChangedMeanwhile as error:
            return _overtaken(request, journey, source, error)
        if request.POST.get("then") == "publish" and not problems:
            return redirect("journeys-publish", journey_id)
        text = _("The draft is saved.")
        if problems:
            text += " " + ngettext(
                "%(n)d thing must be mended before it can be published.",
                "%(n)d things must be mended before it can be published.",
                len(problems),
            ) % {"n": len(problems)}
        messages.success(request, text)
        return redirect("journeys-edit", journey_id)
    context = {
        "journey": journey,
        "source": shown(journey.draft, conditions.fields()),
        "revision": journey.revision,
        "problems": _problems(request, journey.draft),
        "version": _version(journey),
    }
    return render(request, "staff/journeys/edit.html", context)


def _overtaken(
    request: StaffRequest, journey: Journey, source: str, error: ChangedMeanwhile
) -> HttpResponseBase:
    """Somebody was quicker: what differs, with one's own text kept to save again."""
    found = clash(error)
    context = {
        "journey": journey,
        "source": source,
        "revision": error.data["version"],
        "problems": _problems(request, source),
        "clash": found,
    }
    return render(request, "staff/journeys/edit.html", context, status=409)


def _problems(request: StaffRequest, source: str) -> list[Problem]:
    try:
        actions.check(request.actor, source)
    except DefinitionError as error:
        return list(error.problems)
    return []


@page("journeys.read", "POST")
def check(request: StaffRequest) -> HttpResponseBase:
    """What is wrong with a definition, for the editor. Stores nothing."""
    problems = _problems(request, request.POST.get("source", "").replace("\r\n", "\n"))
    found = [
        {
            "line": problem.line or None,
            "message": f"{problem.path}: {problem.message}"
            if problem.path
            else problem.message,
        }
        for problem in problems
    ]
    return JsonResponse({"problems": found})


@page("journeys.read", "GET", "POST", change="journeys.publish")
def publish(request: StaffRequest, journey_id: int) -> HttpResponseBase:
    """What publishing would change, and for whom; POST publishes with the choices."""
    journey = _found(journey_id)
    try:
        before = actions.preview_publish(request.actor, journey_id)
    except DefinitionError:
        messages.error(request, _("The draft is not ready: mend what is marked."))
        return redirect("journeys-edit", journey_id)
    if request.method == "POST":
        waiting = {
            key.removeprefix("wait."): str(value)
            for key, value in request.POST.items()
            if key.startswith("wait.")
        }
        existing = request.POST.get("existing") == "on"
        version = actions.publish(request.actor, journey_id, waiting=waiting, existing=existing)
        messages.success(request, _("Version %(n)d is live.") % {"n": version.number})
        return redirect("journeys-detail", journey_id)
    context = {
        "journey": journey,
        "preview": before,
        "diff": lines(before.diff),
    }
    return render(request, "staff/journeys/publish.html", context)


@page("journeys.read", "POST", change="journeys.publish")
def turn(request: StaffRequest, journey_id: int) -> HttpResponseBase:
    """Pause, resume or stop."""
    verb = request.POST.get("to", "")
    verbs = {"pause": actions.pause, "resume": actions.resume, "stop": actions.stop}
    if verb not in verbs:
        raise InvalidInput(_("Pause, resume or stop."))
    journey = verbs[verb](request.actor, journey_id)
    label = words.STATES["journey"][journey.state][0]
    messages.success(request, _("%(name)s: %(state)s") % {"name": journey.name, "state": label})
    return redirect("journeys-detail", journey_id)


@page("journeys.read", "POST", change="journeys.write")
def enrol(request: StaffRequest, journey_id: int) -> HttpResponseBase:
    """Bring a contact in by hand, or take one out."""
    contact_id = someone.one(request.POST.get("contact", ""))
    if request.POST.get("act") == "remove":
        n = actions.remove(request.actor, journey_id, [contact_id])
        text = ngettext("%(n)d contact was taken out.", "%(n)d contacts were taken out.", n)
    else:
        n = actions.enrol(request.actor, journey_id, [contact_id])
        text = ngettext("%(n)d contact entered.", "%(n)d contacts entered.", n)
    messages.success(request, text % {"n": n})
    return redirect("journeys-detail", journey_id)


@page("journeys.read")
def run(
    request: StaffRequest, journey_id: int, contact_id: int, enrolment_id: int
) -> HttpResponseBase:
    """One contact's way through a journey, step by step with the reasons."""
    journey = _found(journey_id)
    rows = [row for row in journeys.of_contact(contact_id) if row.enrolment_id == enrolment_id]
    if not rows:
        raise NotFound(_("There is no such run."))
    story = [
        {"row": row, "icon": ICONS.get(row.kind, "circle-dashed")}
        for row in journeys.story(contact_id, enrolment_id)
    ]
    context = {
        "journey": journey,
        "run": rows[0],
        "who": people.profile(contact_id),
        "story": story,
    }
    return render(request, "staff/journeys/run.html", context)
