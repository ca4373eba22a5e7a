"""The words of the lifecycle as people read them: teams, outcomes, kinds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

Text = str | Promise

TEAMS: Mapping[str, Text] = {
    "marketing": _("Marketing"),
    "mdr": _("Market validation (MDR)"),
    "sdr": _("Sales validation (SDR)"),
    "supervisor": _("Sales supervisors"),
    "sales": _("Sales"),
}

OUTCOMES: Mapping[str, tuple[Text, str, str]] = {
    "": (_("Open"), "quiet", "circle-dashed"),
    "won": (_("Won"), "good", "circle-check"),
    "lost": (_("Lost"), "bad", "circle-x"),
    "disqualified": (_("Disqualified"), "warn", "user-check"),
}
"""Outcome to label, tone and icon."""

STAGE_KINDS: Mapping[str, Text] = {
    "open": _("Open"),
    "won": _("Won: whoever stands here has bought"),
    "lost": _("Lost: whoever stands here is lost"),
    "other": _("Other: beside the way"),
}

REASON_KINDS: Mapping[str, tuple[Text, Text]] = {
    "lost": (_("Lost"), _("Why a lead did not buy.")),
    "disqualified": (_("Disqualified"), _("Why somebody will never be a client.")),
    "refused": (_("Not sent on"), _("Why a proposal is rejected.")),
}

QUESTION_KINDS: Mapping[str, Text] = {
    "choice": _("One of several answers"),
    "many": _("Any number of the answers"),
    "yes_no": _("Yes or no"),
    "number": _("Number"),
    "text": _("Text"),
}

SKIPPED: Mapping[str, Text] = {
    "not known": _("nobody knows them"),
    "no such contact": _("no such contact"),
    "already there": _("already there"),
    "backward without a reason": _("backward without a reason"),
    "ended, and no reason to open it": _("ended, and no reason to open it"),
    "does not pass the gate": _("something is missing"),
    "no lead in this line": _("no lead in this line"),
    "won already": _("won already"),
    "not proposed any more": _("not proposed any more"),
}
"""Why a lead was passed over, in words."""


def length(span: timedelta) -> str:
    """A length of time in the largest unit that fits, from a minute on."""
    minutes = span.total_seconds() / 60
    if minutes < 1:
        return str(_("less than a minute"))
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", int(minutes)) % {"n": int(minutes)}
    days = span.total_seconds() / 86_400
    if days >= 1:
        n = round(days)
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}
    hours = round(days * 24)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
