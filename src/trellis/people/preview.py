"""What a merge would make of two contacts, before it is done: which value wins and why, and
what moves. Asks the same questions as ``people.merge``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from trellis.core import db
from trellis.people import attributes, masking, provenance
from trellis.people.merge import value_of
from trellis.people.models import Company
from trellis.people.registry import contact_tables
from trellis.people.values import BUILT_IN


class Value(NamedTuple):
    """One field or attribute in both contacts and in the merged one. ``side`` says whose
    value stays (winner or loser); ``why``: same, only (the other has none), newer (it was
    said later)."""

    key: str
    winner: Any
    loser: Any
    result: Any
    side: str
    why: str


class Preview(NamedTuple):
    """The merged contact: its values, all its tags, and how many rows of each table move."""

    values: tuple[Value, ...]
    tags: tuple[str, ...]
    moves: Mapping[str, int]


def preview(winner_id: int, loser_id: int) -> Preview:
    """What ``merge`` would do now; four queries."""
    profiles = attributes.read([winner_id, loser_id])
    winner, loser = profiles[winner_id], profiles[loser_id]
    keys = [*BUILT_IN, *sorted(winner.attributes.keys() | loser.attributes.keys())]
    companies = dict(
        Company.objects.filter(
            pk__in=[n for n in (winner.company_id, loser.company_id) if n]
        ).values_list("pk", "name")
    )
    values = []
    for key in keys:
        row = _value(key, winner, loser)
        if row is None:
            continue
        if key == "company":
            row = row._replace(
                winner=companies.get(row.winner, ""),
                loser=companies.get(row.loser, ""),
                result=companies.get(row.result, ""),
            )
        values.append(
            row._replace(
                winner=masking.value(key, row.winner),
                loser=masking.value(key, row.loser),
                result=masking.value(key, row.result),
            )
        )
    tags = [*winner.tags, *(tag for tag in loser.tags if tag not in winner.tags)]
    return Preview(tuple(values), tuple(tags), _moves(loser_id))


def _value(key: str, winner: attributes.Profile, loser: attributes.Profile) -> Value | None:
    mine, theirs = value_of(winner, key), value_of(loser, key)
    if mine in (None, "", []) and theirs in (None, "", []):
        return None
    if mine == theirs:
        return Value(key, mine, theirs, mine, "winner", "same")
    said, old = loser.provenance.get(key), winner.provenance.get(key)
    takes = said is not None and provenance.newer(said, theirs, old, mine)
    side, result, other = ("loser", theirs, mine) if takes else ("winner", mine, theirs)
    why = "only" if other in (None, "", []) else "newer"
    return Value(key, mine, theirs, result, side, why)


def _moves(loser_id: int) -> dict[str, int]:
    """How many rows of the loser each table holds; tables without any are left out."""
    names = [name for name, table in contact_tables.items() if table.mode != "own"]
    # Names come from our own models, never from outside.
    text = " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM {name} WHERE contact_id = %(id)s"
        for name in [*names, "contact_identity"]
    )
    return {name: int(n) for name, n in db.fetch(text, {"id": loser_id}) if n}
