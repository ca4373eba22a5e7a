"""Lines of the audit trail as people read them: what kind of thing it was and where its page
is, what was done to it, and each value before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from trellis.accounts.models import Audit
from trellis.people import about, masking
from trellis.rules import evaluate, private
from trellis.web.staff import conflict
from trellis.web.staff.words import Text

KINDS: Mapping[str, tuple[Text, str, str]] = {
    "contact": (_("Contact"), "user", "contacts-profile"),
    "company": (_("Company"), "building", "companies-detail"),
    "segment": (_("Segment"), "filter", "segments-detail"),
    "filter": (_("Filter"), "filter", "filters-edit"),
    "signal": (_("Signal"), "bolt", "signals-detail"),
    "score_model": (_("Score model"), "gauge", "scoring-model"),
    "score_rule": (_("Score rule"), "gauge", "scoring-rule"),
    "predictor": (_("Chance to be won"), "target", "scoring"),
    "stage": (_("Stage"), "stairs-up", "stages"),
    "line": (_("Business line"), "git-branch", "stages"),
    "reason": (_("Reason"), "circle-x", "stages"),
    "question": (_("Question"), "help", "stages"),
    "journey": (_("Journey"), "route", "journeys-detail"),
    "template": (_("Template"), "template", "templates"),
    "channel": (_("Channel"), "send", "messages"),
    "form": (_("Form"), "forms", "forms-edit"),
    "import": (_("Import"), "file-import", "imports-detail"),
    "enrichment": (_("Enrichment"), "database", "enrichment-edit"),
    "attribute": (_("Attribute"), "tag", "attributes-edit"),
    "company_attribute": (_("Attribute of companies"), "tag", "attributes"),
    "tag": (_("Tag"), "tag", "tags"),
    "funnel": (_("Funnel"), "filter-down", "reports-funnel"),
    "user": (_("User"), "users-group", "users"),
    "key": (_("Key"), "key", "keys"),
    "rejected": (_("Rejected events"), "alert-circle", "rejected"),
    "instance": (_("Settings"), "settings", "settings"),
}
"""Kind of a thing → its word, icon, and the page of one, or the page where it stands."""

VERBS: Mapping[str, Text] = {
    "add": _("added"),
    "create": _("added"),
    "update": _("changed"),
    "change": _("changed"),
    "save": _("changed"),
    "draft": _("draft changed"),
    "settings": _("changed"),
    "track": _("tracking changed"),
    "set_attribute": _("changed"),
    "set_role": _("role changed"),
    "set_password": _("password set"),
    "rename_option": _("value renamed"),
    "add_identity": _("address added"),
    "remove_identity": _("address removed"),
    "reorder": _("order changed"),
    "archive": _("archived"),
    "restore": _("brought back"),
    "delete": _("deleted"),
    "delete_file": _("file deleted"),
    "remove": _("people taken out"),
    "erase": _("erased"),
    "discard": _("draft thrown away"),
    "publish": _("published"),
    "unpublish": _("taken offline"),
    "copy": _("copied"),
    "default": _("made the default"),
    "switch": _("switched on or off"),
    "start": _("started"),
    "stop": _("stopped"),
    "cancel": _("stopped"),
    "pause": _("paused"),
    "resume": _("resumed"),
    "train": _("learning begun"),
    "retake": _("taken again"),
    "test": _("tested"),
    "enrol": _("people put in"),
    "ask": _("asked about people"),
    "tell": _("consent noted"),
    "tag": _("tagged"),
    "merge": _("merged"),
    "undo_merge": _("merge undone"),
    "keep_apart": _("kept apart"),
    "doubt": _("to be looked at again"),
    "move": _("moved"),
    "win": _("won"),
    "refuse": _("rejected"),
    "replay": _("read again"),
    "export": _("exported"),
    "deactivate": _("access ended"),
    "reactivate": _("access given again"),
    "revoke": _("revoked"),
}
"""The verb of an action → what was done. Another one is shown as its code says."""

_GONE = frozenset({"archive", "delete", "erase"})
_LISTS = frozenset({"contacts", "scopes", "keys"})
"""What a change names as a list, though it may have two items: no before and after."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value that a change names: what it was (where told) and what it is now."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the trail in words; ``url`` is "" where the thing has no page (any more)."""

    row: Audit
    kind: Text
    icon: str
    verb: Text
    url: str
    values: list[Value]


def lines(rows: Iterable[Audit]) -> list[Line]:
    """Some lines, as who reads now may see them. Costs no query."""
    known = evaluate.fields() if masking.veiled() else {}
    return [_line(row, known) for row in rows]


def _line(row: Audit, known: Mapping[str, Any]) -> Line:
    kind, icon, place = KINDS.get(row.object_type, (row.object_type, "circle-dot", ""))
    verb = row.action.rpartition(".")[2]
    row.summary = about.trail(row.object_type, row.object_id, row.summary)
    change = private.shown(masking.value("", row.change), known)
    return Line(
        row=row,
        kind=kind,
        icon=icon,
        verb=VERBS.get(verb, verb.replace("_", " ")),
        url="" if verb in _GONE else _url(place, row.object_id),
        values=[_value(name, value) for name, value in change.items()],
    )


def _value(name: str, value: Any) -> Value:
    pair = isinstance(value, list) and len(value) == 2 and name not in _LISTS
    return Value(
        label=conflict.label(name),
        before=conflict.said(name, value[0]) if pair else "",
        after=conflict.said(name, value[1] if pair else value),
    )


def _url(place: str, number: str) -> str:
    for args in ([number], []):
        try:
            return reverse(place, args=args) if place else ""
        except NoReverseMatch:
            continue
    return ""
