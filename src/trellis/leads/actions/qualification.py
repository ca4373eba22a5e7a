"""Questions that qualify leads (L8), and their answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.locks import changing_definitions
from trellis.leads.actions import shared
from trellis.leads.models import Line, Question
from trellis.people import actions as people
from trellis.people import definitions
from trellis.people.models import Attribute
from trellis.rules import usage

KINDS = {
    "choice": "text",
    "many": "list",
    "yes_no": "boolean",
    "number": "number",
    "text": "text",
}
"""Kind of a question to the type of the attribute that keeps its answers."""
CHOSEN = ("choice", "many")
MOST = 30


@dataclass(frozen=True, kw_only=True)
class QuestionDraft:
    """A question as a person sets it (see ``models.Question``)."""

    text: str
    kind: str = "choice"
    options: Sequence[str] = field(default_factory=tuple)
    wanted: Sequence[str] = field(default_factory=tuple)


def save_question(
    actor: Actor,
    draft: QuestionDraft,
    *,
    question_id: int | None = None,
    line: str = "",
    version: int | None = None,
) -> Question:
    """Add a question to a line, or change one; its kind stays, because answers are kept.
    Raises ``Conflict`` where somebody saved it since ``version``."""
    require(actor, "stages.write")
    values = _checked(draft)
    with changing_definitions():
        if question_id is None:
            row = _new(shared.line_row(line), values)
        else:
            row = _live(question_id)
            shared.fresh("question", row, version, values)
            if row.kind != values["kind"]:
                raise InvalidInput(_("The kind of a question stays: there may be answers."))
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.save()
        Attribute.objects.filter(key=row.attribute).update(
            label=row.text[:120], options=row.options
        )
        audit.record(actor, "question.save", "question", row.pk, row.text)
    return row


def archive_question(
    actor: Actor, question_id: int, now: datetime, version: int | None = None
) -> None:
    """Ask no more; answers stay. Raises ``Conflict`` while a rule reads them."""
    require(actor, "stages.write")
    with changing_definitions():
        row = _live(question_id)
        shared.fresh("question", row, version, None)
        prefix = "" if row.line.default else f"{row.line.key}."
        name = f"qualification.{prefix}{row.key}"
        users = usage.of_field(name)
        if users:
            raise Conflict(
                _("The question is used by %(user)s.")
                % {"user": f"{users[0].kind} {users[0].name}"},
                used_by=[f"{use.kind} {use.name}" for use in users],
            )
        row.archived_at = now
        row.save(update_fields=["archived_at"])
        audit.record(actor, "question.archive", "question", row.pk, row.text)


def answer(
    actor: Actor, contact_id: int, answers: Mapping[str, Any], *, line: str = ""
) -> None:
    """Keep answers by key of their question, None takes one away. They are stored typed,
    with who said so and when; rules that read them run within a second. Raises
    ``InvalidInput`` for an unknown question or an answer that does not fit."""
    require(actor, "leads.write")
    found = {
        row.key: row
        for row in Question.objects.filter(line=shared.line_row(line), archived_at__isnull=True)
    }
    if unknown := sorted(set(answers) - set(found)):
        raise InvalidInput(
            _("There is no question %(key)s.") % {"key": unknown[0]}, questions=unknown
        )
    traits = {found[key].attribute: _value(found[key], said) for key, said in answers.items()}
    for key in answers:
        ensure_attribute(found[key])
    if traits:
        people.update_contact(actor, contact_id, traits)


def ensure_attribute(row: Question) -> None:
    """Define the attribute that keeps the answers, where it is not there yet."""
    if Attribute.objects.filter(key=row.attribute).exists():
        return
    options = list(row.options) if row.kind in CHOSEN else []
    values = {"label": row.text, "how": "active", "bucket": "demographic", "options": options}
    definitions.create(SYSTEM, row.attribute, KINDS[row.kind], values)


def _value(row: Question, said: Any) -> Any:
    if said is None or said in ("", []):
        return None
    bad = InvalidInput(
        _("This is no answer to “%(question)s”.") % {"question": row.text}, question=row.key
    )
    if row.kind == "many":
        items = said if isinstance(said, list) else [said]
        if not all(item in row.options for item in items):
            raise bad
        return [option for option in row.options if option in items]
    if row.kind == "choice" and said not in row.options:
        raise bad
    if row.kind == "yes_no" and not isinstance(said, bool):
        raise bad
    if row.kind == "number":
        try:
            return float(said)
        except (TypeError, ValueError):
            raise bad from None
    if row.kind == "text" and not (isinstance(said, str) and len(said) <= 1_000):
        raise bad
    return said


def _new(line: Line, values: Mapping[str, Any]) -> Question:
    if line.questions.filter(archived_at__isnull=True).count() >= MOST:
        raise InvalidInput(_("A line has at most %(n)d questions.") % {"n": MOST})
    word = re.sub(r"[^a-z0-9]+", "_", str(values["text"]).lower()).strip("_")[:24] or "question"
    key, n = word, 2
    while line.questions.filter(key=key).exists():
        key, n = f"{word}_{n}", n + 1
    prefix = "q" if line.default else f"q_{line.key}".replace("-", "_")
    return Question(
        line=line,
        key=key,
        attribute=f"{prefix}_{key}"[:64],
        rank=(line.questions.count() + 1) * 10,
        version=0,
    )


def _checked(draft: QuestionDraft) -> dict[str, Any]:
    if draft.kind not in KINDS:
        raise InvalidInput(
            _("The kind of a question is one of %(all)s.") % {"all": ", ".join(KINDS)}
        )
    options = [item for item in dict.fromkeys(one.strip() for one in draft.options) if item]
    if draft.kind not in CHOSEN:
        options = []
    elif not 2 <= len(options) <= 50:
        raise InvalidInput(_("A question to choose from has 2 to 50 answers."))
    wanted = [item for item in draft.wanted if item in options]
    return {
        "text": shared.checked_name(draft.text, 200),
        "kind": draft.kind,
        "options": options,
        "wanted": wanted,
    }


def _live(question_id: int) -> Question:
    row = (
        Question.objects.select_related("line")
        .filter(pk=question_id, archived_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such question."), question_id=question_id)
    return row
