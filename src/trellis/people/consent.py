"""Consent: recorded with its proof, never overwritten; the newest word counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from trellis.core import db, sql
from trellis.people.models import Suppression

PURPOSES = ("marketing", "sales_contact", "tracking", "enrichment")
"""What a person may agree to."""
EVERY_CHANNEL = "*"
"""Stands for all channels."""

_SQL = sql.load(__package__, "consent")
_encode = msgspec.json.Encoder().encode


class Said(NamedTuple):
    """That a person gave (or withdrew) consent at ``at``, from ``source``, to ``wording``."""

    contact_id: int
    purpose: str
    channel: str
    given: bool
    at: datetime
    source: str
    wording: str = ""
    proof: dict[str, Any] = {}


class State(NamedTuple):
    """The newest word on a purpose and channel."""

    given: bool
    at: datetime


def record(said: Sequence[Said]) -> None:
    """Append consents, in the caller's transaction. Unknown purposes are refused by the
    entrances; here they would be stored as they are."""
    if not said:
        return
    columns: list[list[Any]] = [list(column) for column in zip(*said, strict=True)]
    columns[7] = [_encode(proof).decode() for proof in columns[7]]
    db.run(_SQL["record"], columns)


def said_in(contact_id: int, item: dict[str, Any], at: datetime, origin: str) -> Said:
    """A consent as a fact carries it (``events.types.Fact.consent``)."""
    known = {"purpose", "channel", "given", "wording", "source"}
    return Said(
        contact_id=contact_id,
        purpose=str(item.get("purpose", "marketing"))[:20],
        channel=str(item.get("channel", EVERY_CHANNEL))[:12],
        given=bool(item["given"]),
        at=at,
        source=str(item.get("source", origin))[:120],
        wording=str(item.get("wording", "")),
        proof={key: value for key, value in item.items() if key not in known},
    )


def states(contact_ids: Sequence[int]) -> dict[int, dict[tuple[str, str], State]]:
    """For each contact the newest word on each (purpose, channel)."""
    out: dict[int, dict[tuple[str, str], State]] = {}
    for number, purpose, channel, given, at in db.fetch(_SQL["state"], [list(contact_ids)]):
        out.setdefault(number, {})[purpose, channel] = State(given, at)
    return out


def state(contact_id: int, purpose: str, channel: str) -> bool | None:
    """Whether consent holds for a purpose on a channel: the newest of the channel's own
    word and the word on every channel; None where nothing was said."""
    said = states([contact_id]).get(contact_id, {})
    words = [said[key] for key in ((purpose, channel), (purpose, EVERY_CHANNEL)) if key in said]
    return max(words, key=lambda word: (word.at, not word.given)).given if words else None


def suppress(kind: str, value: str, reason: str, note: str = "") -> bool:
    """Never write to this address again; true where it was not suppressed before."""
    _, made = Suppression.objects.get_or_create(
        value=value, kind=kind, defaults={"reason": reason, "note": note}
    )
    return made
