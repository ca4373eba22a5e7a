"""What next: the stage and what lacks for the following one, what waits, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from trellis.core.errors import TrellisError
from trellis.leads.queries import StageRow
from trellis.messaging.types import QUEUED, SENDING
from trellis.rules.explain import Explanation, explain
from trellis.rules.parse import parse
from trellis.web.staff.cards.subject import Subject
from trellis.web.staff.cards.who import agreed

LACKING = 3
"""Conditions of the next stage that stand in sight."""


class Advice(NamedTuple):
    """What a salesperson would best do, why, and how it looks."""

    text: str
    why: str
    icon: str
    tone: str = ""


def ahead(subject: Subject) -> Mapping[str, Any]:
    """Stage, the next one with what lacks, waiting runs with their next message, queued
    messages, and one piece of advice."""
    stage = subject.stages.get(subject.contact.stage_id or 0)
    following = _following(subject, stage)
    letters = subject.names["template"]
    waiting = [
        {"run": row.run, "sentence": row.sentence, "message": letters.get(row.template, "")}
        for row in subject.ahead
    ]
    queued = [row for row in subject.messages if row.state in {QUEUED, SENDING}]
    return {
        "stage": stage,
        "next": following,
        "lacks": _lacks(subject, following),
        "waiting": waiting,
        "queued": queued,
        "advice": advice(subject, stage, planned=bool(queued or waiting)),
    }


def _following(subject: Subject, stage: StageRow | None) -> StageRow | None:
    """The stage after this one on the path."""
    if stage is None or stage.kind != "open":
        return None
    path = [row for row in subject.stages.values() if not row.archived and row.kind != "other"]
    return next((row for row in path if row.rank > stage.rank), None)


def _lacks(subject: Subject, following: StageRow | None) -> Mapping[str, Any] | None:
    """The conditions of the next stage that do not hold yet; None where no rule leads
    there. One query at most."""
    if following is None or following.rule is None:
        return None
    try:
        rule = parse(following.rule, subject.fields)
        found = explain(rule, subject.id, subject.now, subject.fields)
    except TrellisError:
        return None
    missing = list(_missing(found))
    return {"holds": found.holds, "missing": missing[:LACKING], "more": missing[LACKING:]}


def _missing(node: Explanation) -> Iterator[Explanation]:
    """The leaves to blame for a rule that does not hold."""
    if node.holds:
        return
    if node.kind == "leaf" or node.kind == "none":
        yield node
        return
    for part in node.parts:
        yield from _missing(part)


def advice(subject: Subject, stage: StageRow | None, *, planned: bool) -> Advice:
    """What to do now, from temperature, stage, addresses and consent."""
    contact = subject.contact
    if not contact.known:
        return Advice(
            _("Wait until they say who they are"),
            _("Nobody can be reached yet. A form or a pop-up may ask."),
            "eye",
        )
    if stage is not None and stage.kind == "won":
        return Advice(
            _("Look after the customer"),
            _("They have bought: keep them well, sell no lead story."),
            "users",
            "good",
        )
    if contact.temperature == "hot":
        return _for_hot(subject)
    if planned:
        return Advice(
            _("Let what is planned do its work"),
            _("Something is on its way; step in when they answer."),
            "clock-pause",
        )
    if contact.temperature == "warm":
        return Advice(
            _("Keep in touch"),
            _("Warm, and nothing is planned: call, or begin a journey."),
            "message",
            "warn",
        )
    return Advice(
        _("Leave it to nurturing"), _("Cold: a call now would rather annoy."), "snowflake"
    )


def _for_hot(subject: Subject) -> Advice:
    contact = subject.contact
    holds = {row.purpose: row.given for row in agreed(subject.consents)}
    if holds["sales_contact"] is False:
        return Advice(
            _("Do not call"),
            _("Hot, but they declined contact by sales. Answer if they write."),
            "circle-x",
            "bad",
        )
    if contact.phone:
        if holds["sales_contact"]:
            text = _("Hot, and they agreed to be contacted by sales.")
        else:
            text = _("Hot. Say where their number comes from: nothing is recorded.")
        return Advice(_("Call today"), text, "phone", "good")
    if contact.email:
        return Advice(_("Write today"), _("Hot, and no phone number is known."), "mail", "good")
    return Advice(_("Find a way to reach them"), _("Hot, without any address."), "search")
