"""The inbox: where every entrance puts facts, durably, before it answers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from django.db import connection

from trellis.core import clock
from trellis.core.ids import SLOTS, event_id_of, new_message_id
from trellis.events import types
from trellis.events.types import Fact

CHUNK = 500
"""Facts per inbox row at most, so that a claim stays near the batch size."""


def put(facts: Sequence[Fact]) -> None:
    """Append facts to the inbox in the caller's transaction."""
    if not facts:
        return
    rows = [facts[i : i + CHUNK] for i in range(0, len(facts), CHUNK)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox AS i (slot, n, received_at, facts)"
            " SELECT t.slot, t.n, %s, t.facts"
            " FROM unnest(%s::smallint[], %s::int[], %s::bytea[]) AS t (slot, n, facts)",
            [
                clock.now(),
                [random.randrange(SLOTS) for _ in rows],
                [len(row) for row in rows],
                [types.encoder.encode(row) for row in rows],
            ],
        )


def system_fact(
    contact_id: int,
    name: str,
    props: dict[str, object],
    *,
    at: float | None = None,
    message_id: str = "",
    cause: int | None = None,
    depth: int = 0,
) -> Fact:
    """A fact that Trellis states about a contact it knows. ``message_id`` makes it unique
    where the act may be repeated (``"msg-opened-<id>"``); without one it is new each time."""
    return Fact(
        message_id=message_id or new_message_id(),
        type=types.SYSTEM,
        name=name,
        at=clock.now().timestamp() if at is None else at,
        contact_id=contact_id,
        props=dict(props),
        origin="system",
        cause=cause,
        depth=depth,
    )


def tell(contact_ids: Sequence[int], name: str, props: dict[str, object]) -> None:
    """State one thing about some contacts (``people.told``)."""
    put([system_fact(number, name, props) for number in contact_ids])


def event_id(fact: Fact) -> int:
    """The key under which a fact stands in the log."""
    return event_id_of(fact.message_id)
