"""The ideal buyer: what those who were won have in common, beside everybody or a segment (S8).

For each field its values, or bands of numbers and of years, with the share of the won
customers that has it, the share of the others, and the lift between the two.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.days import zone
from trellis.core.sql import load
from trellis.people import masking
from trellis.rules import registry
from trellis.rules.registry import Field
from trellis.rules.types import BOOLEAN, DATE, LIST, NUMBER
from trellis.scoring import past
from trellis.scoring.calibrate import FEWEST

MOST = 20_000
"""Contacts of each side that are looked at."""
VALUES = 8
"""Values shown of a field; the rest is summed up as others."""
BANDS = 5
FEW = 5
"""Won customers below which a value is no reason for a rule."""

_SQL = load("trellis.scoring", "ideal")


@dataclass(frozen=True, kw_only=True)
class Share:
    """One value or band: how many of the ``won`` and of the ``base`` have it, as shares 0
    to 1, and the lift between; ``rule`` holds for it, None for "others"."""

    label: str
    n: int
    won: float
    base: float
    rule: Mapping[str, Any] | None = None

    @property
    def lift(self) -> float | None:
        """How many times more usual among the won; None where nobody else has it."""
        return self.won / self.base if self.base else None

    @property
    def points(self) -> int:
        """Points that a fit rule for it could give: five for twice as usual, at most 15."""
        if self.lift is None:
            return 10
        return max(-10, min(15, round(5 * (self.lift - 1))))

    @property
    def speaks(self) -> bool:
        """Whether it is a reason for a rule."""
        clear = self.lift is None or self.lift >= 1.3 or self.lift <= 0.6
        return self.rule is not None and self.n >= FEW and clear

    @property
    def rule_json(self) -> str:
        """The rule as the rule page takes it."""
        return json.dumps(self.rule, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A field: how many of each side have a value at all, and its values. ``telling`` is by
    how much the two sides differ, 0 to 1."""

    key: str
    label: str
    known_won: float
    known_base: float
    shares: Sequence[Share]
    telling: float


@dataclass(frozen=True, kw_only=True)
class Way:
    """How long the won took, in bands of ``unit``, with the number of people in each."""

    median: float
    bands: Sequence[tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class Ideal:
    """The profile of the won customers beside ``base`` contacts. ``few`` says that there
    are too few of them to trust it."""

    won: int
    base: int
    few: bool
    dimensions: Sequence[Dimension] = ()
    engagements: Way | None = None
    days: Way | None = None


def profile(actor: Actor, line_id: int, segment_id: int | None = None) -> Ideal:
    """The won customers of a line beside everybody known, or beside a segment."""
    require(actor, "scoring.read")
    found = [one for one in past.outcomes(line_id, MOST) if one.won]
    block, params = ("everybody", {"most": MOST})
    if segment_id is not None:
        block, params = "members", {"most": MOST, "segment": segment_id}
    base = [number for (number,) in db.fetch(_SQL[block], params)]
    blank = Ideal(won=len(found), base=len(base), few=len(found) < FEWEST)
    if not found or not base:
        return blank
    engagements, days = _ways(found)
    return Ideal(
        won=len(found),
        base=len(base),
        few=blank.few,
        dimensions=_dimensions([one.contact_id for one in found], base),
        engagements=engagements,
        days=days,
    )


def _dimensions(won: Sequence[int], base: Sequence[int]) -> list[Dimension]:
    fields = registry.snapshot()
    mine, theirs = _values(won), _values(base)
    found = []
    for key in sorted(mine.keys() | theirs.keys()):
        field = fields.get(key)
        if field is None or (field.private and masking.veiled()):
            continue
        one = _dimension(field, mine.get(key, {}), theirs.get(key, {}), len(won), len(base))
        if one.shares:
            found.append(one)
    return sorted(found, key=lambda one: -one.telling)


def _values(contacts: Sequence[int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key, value, n in db.fetch(_SQL["values"], {"contacts": list(contacts)}):
        shown = masking.text(str(value))
        counts = found.setdefault(key, {})
        counts[shown] = counts.get(shown, 0) + n
    return found


def _dimension(
    field: Field, mine: Mapping[str, int], theirs: Mapping[str, int], won: int, base: int
) -> Dimension:
    groups = _GROUPERS.get(field.type, _by_value)(field, mine, theirs)
    shares = [
        Share(
            label=label,
            n=sum(mine.get(value, 0) for value in values),
            won=sum(mine.get(value, 0) for value in values) / won,
            base=sum(theirs.get(value, 0) for value in values) / base,
            rule=rule,
        )
        for label, values, rule in groups
    ]
    shares = [one for one in shares if one.won or one.base]
    return Dimension(
        key=field.key,
        label=str(field.label),
        known_won=min(1.0, sum(mine.values()) / won),
        known_base=min(1.0, sum(theirs.values()) / base),
        shares=shares,
        telling=sum(abs(one.won - one.base) for one in shares) / 2,
    )


_Groups = list[tuple[str, list[str], "Mapping[str, Any] | None"]]


def _by_value(field: Field, mine: Mapping[str, int], theirs: Mapping[str, int]) -> _Groups:
    order = sorted(
        mine.keys() | theirs.keys(), key=lambda v: (-mine.get(v, 0), -theirs.get(v, 0))
    )
    groups: _Groups = [(value, [value], _rule(field, "eq", value)) for value in order[:VALUES]]
    if rest := order[VALUES:]:
        groups.append(("…", rest, None))
    return groups


def _by_item(field: Field, mine: Mapping[str, int], theirs: Mapping[str, int]) -> _Groups:
    groups = _by_value(field, mine, theirs)
    return [
        (label, values, rule and _rule(field, "has", [label])) for label, values, rule in groups
    ]


def _by_truth(field: Field, mine: Mapping[str, int], theirs: Mapping[str, int]) -> _Groups:
    del mine, theirs
    return [
        ("✓", ["true"], _rule(field, "eq", True)),
        ("✗", ["false"], _rule(field, "eq", False)),
    ]


def _by_number(field: Field, mine: Mapping[str, int], theirs: Mapping[str, int]) -> _Groups:
    numbers: dict[float, list[str]] = {}
    weights: list[float] = []
    for value in mine.keys() | theirs.keys():
        try:
            number = float(value)
        except ValueError:
            continue
        numbers.setdefault(number, []).append(value)
        weights += [number] * min(200, theirs.get(value, 0) + mine.get(value, 0))
    if len(numbers) <= BANDS:
        return [
            (_plain(number), numbers[number], _rule(field, "eq", _whole(number)))
            for number in sorted(numbers)
        ]
    borders = sorted({_round(x) for x in statistics.quantiles(weights, n=BANDS)})
    groups: _Groups = []
    for low, high in zip([None, *borders], [*borders, None], strict=True):
        inside = [
            value
            for number, values in numbers.items()
            if (low is None or number >= low) and (high is None or number < high)
            for value in values
        ]
        groups.append((_band(low, high), inside, _between(field, low, high)))
    return groups


def _by_year(field: Field, mine: Mapping[str, int], theirs: Mapping[str, int]) -> _Groups:
    decades: dict[int, list[str]] = {}
    for value in mine.keys() | theirs.keys():
        if value[:4].isdigit():
            decades.setdefault(int(value[:4]) // 10 * 10, []).append(value)
    return [
        (
            f"{decade}–{decade + 9}",
            decades[decade],
            {
                "all": [
                    {
                        "field": field.key,
                        "op": "between",
                        "value": [f"{decade}-01-01", f"{decade + 9}-12-31"],
                    }
                ]
            },
        )
        for decade in sorted(decades)
    ]


_GROUPERS: Mapping[str, Callable[[Field, Mapping[str, int], Mapping[str, int]], _Groups]] = {
    NUMBER: _by_number,
    DATE: _by_year,
    LIST: _by_item,
    BOOLEAN: _by_truth,
}


def _rule(field: Field, op: str, value: object) -> dict[str, Any]:
    return {"all": [{"field": field.key, "op": op, "value": value}]}


def _between(field: Field, low: float | None, high: float | None) -> dict[str, Any]:
    leaves = []
    if low is not None:
        leaves.append({"field": field.key, "op": "gte", "value": _whole(low)})
    if high is not None:
        leaves.append({"field": field.key, "op": "lt", "value": _whole(high)})
    return {"all": leaves}


def _band(low: float | None, high: float | None) -> str:
    if low is None:
        return f"< {_plain(high or 0)}"
    return f"≥ {_plain(low)}" if high is None else f"{_plain(low)} – {_plain(high)}"


def _plain(number: float) -> str:
    return f"{_whole(number):,}".replace(",", " ")


def _whole(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _round(number: float) -> float:
    """To two digits, as people say borders."""
    return float(f"{number:.2g}")


def _ways(found: Sequence[past.Outcome]) -> tuple[Way | None, Way | None]:
    rows = db.fetch(
        _SQL["ways"],
        {
            "contacts": [one.contact_id for one in found],
            "days": [one.day for one in found],
            "zone": zone().key,
        },
    )
    if not rows:
        return None, None
    active, took = [row[1] for row in rows], [row[2] for row in rows]
    return _way(active, (1, 2, 4, 8, 15)), _way(took, (0, 1, 8, 31, 91))


def _way(values: Sequence[int], lows: Sequence[int]) -> Way:
    highs = [*(low - 1 for low in lows[1:]), None]
    bands: list[tuple[str, int]] = []
    for low, high in zip(lows, highs, strict=True):
        label = f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}"
        floor = low if bands else 0
        bands.append(
            (label, sum(1 for v in values if v >= floor and (high is None or v <= high)))
        )
    return Way(median=statistics.median(values), bands=bands)
