"""How the values of an attribute spread: how many have one, which, and where they came from.

All live contacts are looked at while they are few; of many, a random sample.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.core import db, sql
from trellis.core.paging import estimate
from trellis.people import masking
from trellis.people.definitions import OF
from trellis.people.models import Definition, Renaming

EXACT = 50_000
"""Up to so many contacts, all are looked at."""
SAMPLE = 20_000
BARS = 12
"""Values shown one by one; the rest are counted together."""

_SQL = sql.load(__package__, "spread")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How many have this value; of numbers, one from ``low`` up to below ``high``."""

    label: str
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Spread:
    """``filled`` of ``total`` have a value. Where not ``exact``, both stand for ``looked``
    ones picked at random. ``others`` have a value beyond the ``bars``; ``sources`` says how
    many values came from where."""

    total: int
    filled: int
    exact: bool
    looked: int
    bars: Sequence[Bar] = field(default_factory=tuple)
    others: int = 0
    sources: dict[str, int] = field(default_factory=dict)


def live(of: str = "contact") -> list[Any]:
    """The definitions in use, by label."""
    return list(OF[of].objects.filter(archived_at=None).order_by("label", "key"))


def renamings(key: str, of: str = "contact") -> list[Renaming]:
    """What was renamed of an attribute, the newest first."""
    return list(Renaming.objects.filter(of=of, key=key).order_by("-at", "-id")[:20])


def filled(of: str = "contact") -> tuple[dict[str, int], int]:
    """How many have a value of each attribute, and of how many were looked at."""
    if of == "company":
        rows = db.fetch(_SQL["filled_companies"])
    else:
        rows = db.fetch(_SQL["filled"], {"ids": _ids()})
    looked = next((int(n) for key, n in rows if key is None), 0)
    return {str(key): int(n) for key, n in rows if key is not None}, looked


def options(definition: Definition, of: str = "contact") -> dict[str, int]:
    """How many have each value of an attribute, exactly, for the options that close it."""
    block = "options" if of == "contact" else "options_of_companies"
    return {str(v): int(n) for v, n in db.fetch(_SQL[block], {"key": definition.key})}


def of_attribute(definition: Definition, of: str = "contact") -> Spread:
    """The spread of one attribute."""
    key = {"key": definition.key}
    if of == "company":
        rows = db.fetch(_SQL["values_of_companies"], key)
        ids: list[int] | None = None
    else:
        ids = _ids()
        rows = db.fetch(_SQL["values"], {**key, "ids": ids})
    looked = len(rows)
    values = [(db.decoded(value), src) for value, src in rows if value is not None]
    said = [value for value, _ in values]
    shown = [value for value in said if masking.value(definition.key, value) == value]
    bars, others = _bars(definition, shown)
    sources = Counter(str(src or "") for _, src in values)
    return Spread(
        total=looked,
        filled=len(values),
        exact=ids is None,
        looked=looked,
        bars=bars,
        others=others + len(said) - len(shown),
        sources=dict(sources.most_common()),
    )


def _ids() -> list[int] | None:
    """A random sample of numbers; None where everybody is to be looked at."""
    if estimate("contact") <= EXACT:
        return None
    ((low, high),) = db.fetch("SELECT min(contact_id), max(contact_id) FROM contact")
    span = range(int(low), int(high) + 1)
    return sorted(random.sample(span, min(SAMPLE, len(span))))


def _bars(definition: Definition, values: list[Any]) -> tuple[list[Bar], int]:
    if definition.type == "number":
        return _steps([float(value) for value in values if isinstance(value, int | float)]), 0
    if definition.type in ("date", "datetime"):
        years = Counter(str(value)[:4] for value in values)
        return [Bar(label=year, n=n) for year, n in sorted(years.items())[-24:]], 0
    found: Counter[str] = Counter()
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            found[_word(item)] += 1
    order = {option: place for place, option in enumerate(definition.options)}
    named = [(option, found.pop(option, 0)) for option in order]
    rest = found.most_common()
    room = max(0, BARS - len(named))
    shown = [*named, *rest[:room]]
    return [Bar(label=label, n=n) for label, n in shown], sum(n for _, n in rest[room:])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _steps(numbers: list[float]) -> list[Bar]:
    """Numbers in about ten steps of a round width; the outermost hundredths are drawn in."""
    if not numbers:
        return []
    ordered = sorted(numbers)
    low, high = ordered[len(ordered) // 100], ordered[-1 - len(ordered) // 100]
    width = _round((high - low) / 10) if high > low else 1.0
    start = (low // width) * width
    counts: Counter[int] = Counter()
    last = int((high - start) // width)
    for number in ordered:
        counts[min(max(int((number - start) // width), 0), last)] += 1
    return [
        Bar(
            label=f"{start + place * width:g}–{start + (place + 1) * width:g}",
            n=counts[place],
            low=start + place * width,
            high=start + (place + 1) * width,
        )
        for place in range(last + 1)
    ]


def _round(width: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power: float = 1.0
    while power * 10 <= width:
        power *= 10
    while power > width:
        power /= 10
    return next((power * step for step in (1, 2, 5, 10) if power * step >= width), power * 10)
