"""What pages and the API read about stages and their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.leads.actions.shared import line_row
from trellis.leads.models import Lead, Line, Stage, StageMove


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """A stage as lists and badges need it; ``share`` is how far it is, 0 to 100."""

    id: int
    key: str
    name: str
    rank: int
    kind: str
    team: str
    rule: Mapping[str, Any] | None
    rule_broken: str
    archived: bool
    share: int


def lines() -> Sequence[Line]:
    """The live business lines, the default one first."""
    return list(Line.objects.filter(archived_at__isnull=True))


def line(key: str = "") -> Line:
    """The live line of that key, the default one for "". Raises ``NotFound``."""
    return line_row(key)


def stage_names() -> dict[str, str]:
    """What live stages are called, by path (``stage`` or ``line/stage``)."""
    rows = Stage.objects.filter(archived_at=None, line__archived_at=None)
    found = {}
    for key, name, line_key, line_name, default in rows.values_list(
        "key", "name", "line__key", "line__name", "line__default"
    ):
        if default:
            found[key] = name
        else:
            found[f"{line_key}/{key}"] = f"{line_name}: {name}"
    return found


def stages(line_id: int | None = None) -> dict[int, StageRow]:
    """All stages of a line (None: the default one) by id, in their order, the archived ones
    last."""
    of = {"line__default": True} if line_id is None else {"line_id": line_id}
    found = list(Stage.objects.filter(**of).order_by("archived_at", "rank"))
    path = [stage for stage in found if stage.kind != "other" and stage.archived_at is None]
    steps = {stage.pk: round(100 * (at + 1) / len(path)) for at, stage in enumerate(path)}
    found.sort(key=lambda stage: (stage.archived_at is not None, stage.rank))
    return {
        stage.pk: StageRow(
            id=stage.pk,
            key=stage.key,
            name=stage.name,
            rank=stage.rank,
            kind=stage.kind,
            team=stage.team,
            rule=stage.rule,
            rule_broken=stage.rule_broken,
            archived=stage.archived_at is not None,
            share=steps.get(stage.pk, 0),
        )
        for stage in found
    }


def live_stages(found: Mapping[int, StageRow]) -> Sequence[StageRow]:
    """The stages in use, in their order."""
    return [stage for stage in found.values() if not stage.archived]


def lead(contact_id: int) -> Lead | None:
    """The lead of a contact in the default line."""
    return Lead.objects.filter(contact_id=contact_id).order_by("line_id").first()


def moves(contact_id: int) -> list[StageMove]:
    """How a contact went through the stages, the newest first."""
    return list(
        StageMove.objects.filter(contact_id=contact_id).order_by("-at", "-move_id")[:100]
    )
