"""Which pages are viewed, which buttons and links clicked, which messages read most (T2)?

Read from the roll-ups by day (``events.content``). Narrowed to a segment, the events of its
members are counted instead; of a large segment those of ``SAMPLE`` members, scaled up, which
the answer says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from trellis.core import db
from trellis.core.sql import load
from trellis.events import content
from trellis.messaging.models import Template
from trellis.people import masking

What = Literal["pages", "clicks", "messages"]
WHATS: tuple[str, ...] = get_args(What)
KINDS: Mapping[What, tuple[str, ...]] = {
    "pages": ("page", "read"),
    "clicks": ("click",),
    "messages": ("sent", "opened", "clicked"),
}
"""What is asked → the kinds that are counted for it; the list goes by the last but for pages,
where it goes by the first."""
SHOWN = 50
SAMPLE = 5_000
"""Members of a segment whose events are read."""

_SQL = load("trellis.reports", "most_seen")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A page, a thing clicked or a message: for each kind of ``KINDS`` how often, and by how
    many people (each day anew)."""

    key: str
    label: str
    times: Sequence[int]
    people: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class MostSeen:
    """The most frequent items, the days of the leading kind, and what is not shown: ``cut``
    times in ``cut_items`` items. ``looked`` of ``members`` people were looked at, where the
    answer is narrowed to a segment."""

    items: Sequence[Item]
    days: Sequence[tuple[date, int]]
    cut: int
    cut_items: int
    looked: int = 0
    members: int = 0

    @property
    def estimated(self) -> bool:
        """Whether figures are scaled up from a sample."""
        return self.looked < self.members


def most_seen(
    what: What, since: date, until: date, segment_id: int | None = None, most: int = SHOWN
) -> MostSeen:
    """Count over whole days, both included."""
    if segment_id is not None:
        return _of_segment(what, since, until, segment_id, most)
    span = {"kinds": list(KINDS[what]), "since": since, "until": until}
    rows = db.fetch(_SQL["of_all"], span)
    days = db.fetch(_SQL["days"], {**span, "kind": leading(what)})
    return _assembled(what, rows, [(day, int(n)) for day, n in days], most, 1.0)


def leading(what: What) -> str:
    """The kind by which items are ordered."""
    return {"pages": "page", "clicks": "click", "messages": "opened"}[what]


def _of_segment(what: What, since: date, until: date, segment_id: int, most: int) -> MostSeen:
    members = int(db.fetch(_SQL["size"], {"segment": segment_id})[0][0])
    rows = db.fetch(_SQL["members"], {"segment": segment_id, "most": SAMPLE})
    ids = [number for (number,) in rows]
    if not ids:
        return MostSeen(items=(), days=(), cut=0, cut_items=0)
    text = _SQL["of_some"].replace("{items}", content.items(of_some=True))
    places = {**content.places(since, until), "members": ids, "wanted": list(KINDS[what])}
    found = db.fetch(text, places)
    scale = members / len(ids)
    answer = _assembled(what, found, (), most, scale)
    return MostSeen(
        items=answer.items,
        days=(),
        cut=answer.cut,
        cut_items=answer.cut_items,
        looked=len(ids),
        members=members,
    )


def _assembled(
    what: What,
    rows: Sequence[Sequence[object]],
    days: Sequence[tuple[date, int]],
    most: int,
    scale: float,
) -> MostSeen:
    kinds = KINDS[what]
    place = kinds.index(leading(what))
    found: dict[str, tuple[list[int], list[int], list[str]]] = {}
    cut, cut_items = 0, 0
    for kind, key, label, n, people, items in rows:
        number = round(int(str(n)) * scale)
        if key == "":
            if kind == leading(what):
                cut, cut_items = cut + number, cut_items + int(str(items))
            continue
        times, heads, labels = found.setdefault(
            str(key), ([0] * len(kinds), [0] * len(kinds), [""])
        )
        at = kinds.index(str(kind))
        times[at] += number
        heads[at] += round(int(str(people)) * scale)
        labels[0] = labels[0] or str(label)
    ordered = sorted(
        found.items(), key=lambda row: (-row[1][0][place], -sum(row[1][0]), row[0])
    )
    rest = ordered[most:]
    names = _names(what, [key for key, _row in ordered[:most]])
    return MostSeen(
        items=[
            Item(
                key=masking.text(key),
                label=names.get(key) or masking.text(labels[0]),
                times=times,
                people=heads,
            )
            for key, (times, heads, labels) in ordered[:most]
        ],
        days=days,
        cut=cut + sum(times[place] for _key, (times, _heads, _labels) in rest),
        cut_items=cut_items + len(rest),
    )


def _names(what: What, keys: Sequence[str]) -> dict[str, str]:
    if what != "messages":
        return {}
    return dict(Template.objects.filter(key__in=keys).values_list("key", "name"))
