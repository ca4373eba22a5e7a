"""People who behave alike (T6): combinations of behaviour that many share.

Everybody's signals of the last days, visitors' too, become one profile per person (which of
the most telling signals they did), counted in one statement. Combinations that come together
more often than by chance are offered, each as a rule that finds exactly these people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from trellis.core import db
from trellis.core.days import day_of
from trellis.core.sql import load
from trellis.events.models import Signal

TELLING = 12
"""Signals that profiles are made of: the most frequent ones that not nearly everybody did."""
COMMON = 0.8
"""A signal that more than this share did says nothing about anybody."""
RARE = 0.01
"""The smallest share of people that a group may have."""
FEWEST = 5
LARGEST = 3
"""Signals in one combination, at most."""
SHOWN = 12
LIFT = 1.2
"""How many times more often than by chance a combination must come."""
MOST_ROWS = 2_000_000
"""Rows of behaviour that are looked at; of more, every n-th person's."""

_SQL = load("trellis.segments", "similar")


@dataclass(frozen=True, kw_only=True)
class Group:
    """People who did all of these signals: how many, how many of them are known, how many
    times more often that is than chance would have it, and the rule that finds them."""

    signals: Sequence[Signal]
    n: int
    known: int
    lift: float
    rule: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Similar:
    """The groups, the most telling first, among ``active`` people of the last ``days``.
    ``every``: only every n-th person was looked at, and figures are scaled up."""

    groups: Sequence[Group]
    active: int
    days: int
    every: int


def similar(now: datetime, days: int = 30) -> Similar:
    """Find what people of the last days have in common."""
    since = day_of(now) - timedelta(days=days)
    rows = db.fetch(_SQL["sizes"], {"since": since})
    every = max(1, -(-sum(int(n) for _id, n in rows) // MOST_ROWS))
    span = {"since": since, "every": every}
    shares = db.fetch(_SQL["shares"], span)
    active = int(db.fetch(_SQL["active"], span)[0][0])
    telling = [int(id_) for id_, n in shares if int(n) <= COMMON * active][:TELLING]
    known = {row.pk: row for row in Signal.objects.filter(pk__in=telling, status="live")}
    ids = [id_ for id_ in telling if id_ in known]
    if len(ids) < 2:
        return Similar(groups=(), active=active * every, days=days, every=every)
    profiles = [
        (int(mask), int(n), int(named))
        for mask, n, named in db.fetch(_SQL["profiles"], {**span, "signals": ids})
    ]
    groups = [
        _group([known[ids[bit]] for bit in bits], n, named, lift, days, every)
        for bits, n, named, lift in _telling(profiles, len(ids), active)
    ]
    return Similar(groups=groups, active=active * every, days=days, every=every)


Found = tuple[tuple[int, ...], int, int, float]


def _telling(profiles: Sequence[tuple[int, int, int]], width: int, active: int) -> list[Found]:
    """Combinations of bits that enough people share more often than by chance, the most
    telling first; of combinations that say nearly the same, only the first."""
    least = max(FEWEST, RARE * active)
    single = [sum(n for mask, n, _k in profiles if mask >> bit & 1) for bit in range(width)]
    frequent: set[tuple[int, ...]] = {(bit,) for bit in range(width) if single[bit] >= least}
    found: list[Found] = []
    for size in range(2, LARGEST + 1):
        grown = set()
        for bits in combinations(range(width), size):
            if any(bits[:i] + bits[i + 1 :] not in frequent for i in range(size)):
                continue
            wanted = sum(1 << bit for bit in bits)
            inside = [(n, k) for mask, n, k in profiles if mask & wanted == wanted]
            n = sum(one for one, _k in inside)
            if n < least:
                continue
            grown.add(bits)
            chance = float(active)
            for bit in bits:
                chance *= single[bit] / active
            lift = n / chance if chance else 0.0
            if lift >= LIFT:
                found.append((bits, n, sum(k for _n, k in inside), lift))
        frequent |= grown
    found.sort(key=lambda row: (-row[1] * math.log2(row[3]), row[0]))
    kept: list[Found] = []
    for row in found:
        if len(kept) < SHOWN and not any(_alike(row, other) for other in kept):
            kept.append(row)
    return kept


def _alike(row: Found, other: Found) -> bool:
    """Whether two combinations share half of their signals, or more."""
    shared = len(set(row[0]) & set(other[0]))
    return 2 * shared >= len(set(row[0]) | set(other[0]))


def _group(
    signals: Sequence[Signal], n: int, named: int, lift: float, days: int, every: int
) -> Group:
    leaves = [
        {
            "field": f"signal.{signal.key}",
            "op": "did",
            "within": {"n": days, "unit": "day"},
        }
        for signal in signals
    ]
    return Group(
        signals=signals, n=n * every, known=named * every, lift=lift, rule={"all": leaves}
    )
