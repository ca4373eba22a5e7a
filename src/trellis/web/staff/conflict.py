"""What the second of two editors sees: who was quicker, what they saved, and what was typed.

Every page with a form posts the ``version`` it was filled in from (``seen``), and shows
``parts/clash.html`` with what ``clash`` makes of the refusal. What was typed stays in the form,
whose version becomes the present one, so that saving again puts it over the other.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from django.forms import Form
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.accounts.versions import ChangedMeanwhile
from trellis.rules import evaluate
from trellis.rules import words as sentences
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.web.staff import given, lead_words, words

RULES = ("rule", "entry")
LABELS: Mapping[str, Any] = {
    "name": gettext_lazy("Name"),
    "label": gettext_lazy("Label"),
    "description": gettext_lazy("What it means"),
    "folder": gettext_lazy("Folder"),
    "query": gettext_lazy("Filter"),
    "shared": gettext_lazy("Shared"),
    "rule": gettext_lazy("Rule"),
    "entry": gettext_lazy("Rule"),
    "bucket": gettext_lazy("Bucket"),
    "options": gettext_lazy("Allowed values"),
    "colour": gettext_lazy("Colour"),
    "kind": gettext_lazy("Kind"),
    "team": gettext_lazy("Team"),
    "role": gettext_lazy("Role"),
    "purpose": gettext_lazy("Purpose"),
    "points": gettext_lazy("Points"),
    "draft": gettext_lazy("Definition"),
    "domains": gettext_lazy("Domains"),
    "steps": gettext_lazy("Steps"),
    "fields": gettext_lazy("Fields"),
    "title": gettext_lazy("Heading"),
    "company": gettext_lazy("Company"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("Email"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
}
"""How fields are called that differ; the others by what their form says, or their key."""
VALUES: Mapping[str, Mapping[str, Any]] = {
    "bucket": {key: label for key, (label, _text) in words.BUCKETS.items()},
    "team": lead_words.TEAMS,
    "purpose": words.PURPOSES,
    "colour": words.TAG_COLOURS,
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A field that differs: what they saved and what was typed, or where the two are long,
    a ``diff`` of lines (text, tone). ``before`` is what stood there, where that is known."""

    label: str
    theirs: str
    yours: str = ""
    before: str = ""
    diff: Sequence[tuple[str, str]] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Clash:
    """``message`` says who; ``version`` is the one that what was typed may be saved over."""

    message: str
    version: int
    rows: Sequence[Row]


def seen(request: HttpRequest) -> int | None:
    """The version that the form was filled in from; None where it says none."""
    return given.number(request.POST.get("version"))


def clash(
    error: Exception,
    form: Form | None = None,
    texts: Mapping[str, Callable[[Any], str]] | None = None,
) -> Clash | None:
    """The clash that an error tells of; None where it is another error. A ``form`` keeps
    what was typed, and the version it may be saved over; ``texts`` says fields in words."""
    if not isinstance(error, ChangedMeanwhile):
        return None
    version = int(error.data["version"])
    if form is not None:
        data: Any = cast(QueryDict, form.data).copy()
        data["version"] = version
        form.data = data
    rows = [_row(name, pair, form, texts or {}) for name, pair in error.data["differs"].items()]
    return Clash(message=error.message, version=version, rows=rows)


def lines(diff: Iterable[str]) -> list[tuple[str, str]]:
    """The lines of a unified diff, each with its tone."""
    tones = {"+": "good", "-": "bad", "@": "quiet"}
    return [(line, tones.get(line[:1], "")) for line in diff]


def _row(
    name: str,
    pair: Mapping[str, Any],
    form: Form | None,
    texts: Mapping[str, Callable[[Any], str]],
) -> Row:
    bound = form.fields[name].label if form is not None and name in form.fields else None
    say = texts.get(name) or partial(said, name)
    told = {which: say(value) for which, value in pair.items()}
    if "\n" in told["theirs"] or "\n" in told.get("yours", ""):
        theirs, yours = told["theirs"].splitlines(), told.get("yours", "").splitlines()
        found = difflib.unified_diff(theirs, yours, lineterm="", n=1)
        return Row(label=label(name, bound), theirs="", diff=lines(list(found)[2:]))
    return Row(
        label=label(name, bound),
        theirs=told["theirs"],
        yours=told.get("yours", ""),
        before=told.get("before", ""),
    )


def label(name: str, bound: Any = None) -> str:
    """How a field is called: here, else as its form says (``bound``), else by its key."""
    return str(LABELS.get(name) or bound or name.replace("_", " "))


def said(name: str, value: Any) -> str:
    """A stored value of a field in words; "–" for none."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if name in RULES and isinstance(value, dict):
        return _sentence(value)
    if isinstance(value, list | tuple):
        return ", ".join(said("", item) for item in value)
    if isinstance(value, dict):
        return " · ".join(f"{key}: {said('', item)}" for key, item in value.items())
    return str(VALUES.get(name, {}).get(value, value))


def _sentence(rule: dict[str, Any]) -> str:
    known = evaluate.fields()
    try:
        return sentences.sentence(parse(rule, known), known) or "–"
    except RuleError as error:
        return error.message
