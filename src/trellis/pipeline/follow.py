"""What follows for leads from a derivation: moves, ends and proposals, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trellis.events import names
from trellis.leads import moves
from trellis.leads.compute import NUMBERS
from trellis.leads.moves import End, Move, Proposed
from trellis.leads.types import DISQUALIFIED, LineSpec
from trellis.pipeline.derivation import Moved

Causes = Mapping[int, tuple[int | None, int]]
Told = list[tuple[str, dict[str, object]]]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be written about the leads of one line."""

    line: LineSpec
    moves: list[Move] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    proposed: list[Proposed] = field(default_factory=list)


def changes(
    lines: Sequence[LineSpec], moved: Sequence[Moved], causes: Causes
) -> Sequence[Changes]:
    """Read what the statement told of leads; it tells nothing where it derived segments
    only."""
    found = []
    for number, line in enumerate(lines):
        mine = Changes(line=line)
        for item in moved:
            if not item.leads:
                continue
            numbers = item.leads[number * NUMBERS : (number + 1) * NUMBERS]
            _read(mine, item, numbers, causes.get(item.contact_id, (None, 0))[0])
        found.append(mine)
    return found


def _read(mine: Changes, item: Moved, numbers: Sequence[int | None], cause: int | None) -> None:
    before, after, reason_id, proposed_before, proposed, forget = numbers
    facts: dict[str, object] = {
        "score": item.score,
        "temperature": item.temperature,
        "grade": item.grade,
    }
    if after is None:
        return
    if before != after:
        move = Move(
            contact_id=item.contact_id, before=before, after=after, facts=facts, cause=cause
        )
        mine.moves.append(move)
    if reason_id is not None:
        name = next(spec.name for spec in mine.line.unfit if spec.id == reason_id)
        end = End(
            contact_id=item.contact_id,
            stage=after,
            outcome=DISQUALIFIED,
            reason_id=reason_id,
            reason=name,
            facts=facts,
            cause=cause,
        )
        mine.ends.append(end)
    if proposed_before != proposed or forget:
        found = Proposed(
            contact_id=item.contact_id,
            before=after,
            stage=proposed,
            changed=proposed_before != proposed,
            forget=bool(forget),
            facts=facts,
        )
        mine.proposed.append(found)


def write(found: Sequence[Changes], now: datetime) -> None:
    """Write it, in the batch's transaction."""
    for item in found:
        moves.write(item.line, item.moves, actor="system", how="rule", reason="", now=now)
        moves.end(item.line, item.ends, actor="system", how="rule", now=now)
        moves.propose(item.line, item.proposed, now)


def told(found: Sequence[Changes]) -> Mapping[int, Told]:
    """What is stated as events, by contact."""
    out: dict[int, Told] = {}
    for item in found:
        line = item.line
        for move in item.moves:
            props = moves.told(line, move.before, move.after, "rule", "")
            out.setdefault(move.contact_id, []).append((names.STAGE_CHANGED, props))
        for end in item.ends:
            props = moves.told_end(line, end, "rule")
            out.setdefault(end.contact_id, []).append((names.LEAD_DISQUALIFIED, props))
        for one in item.proposed:
            if one.stage is not None and one.changed:
                props = moves.told(line, one.before, one.stage, "rule", "")
                out.setdefault(one.contact_id, []).append((names.STAGE_PROPOSED, props))
    return out
