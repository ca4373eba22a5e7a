"""What is known about people, as inputs of a prediction: the same SQL before an outcome and
for open leads, so that what was learnt means the same where it is used.

No free text is read: of attributes only choices, lists, yes or no, and numbers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from trellis.core import db
from trellis.core.days import day_of, zone
from trellis.core.sql import load
from trellis.events.models import Signal
from trellis.people.models import Attribute, CompanyAttribute
from trellis.scoring import past
from trellis.scoring.past import Outcome
from trellis.scoring.predict.types import Input, Key

LATE, EARLY = 14, 90
"""Days of the two windows of each signal: the last 14, and those before until 90."""
FEWEST_WITH = 15
"""Leads with an input, and without, below which it is not learnt from."""
PER_INPUT = 5
"""Leads of the rarer outcome that each input needs at least."""
MOST_INPUTS = 80

Facts = Mapping[int, Mapping[Key, float]]
"""Contact to what is known; what is absent has no entry."""

CHOICES = ("choice", "list", "boolean")
NUMBERS = ("number",)

_SQL = load("trellis.scoring.predict", "facts")


def scope(now: datetime) -> dict[str, Any]:
    """The parameters of the facts, beside the contacts: what may be read, and the windows
    before the day of ``now``."""
    own = Attribute.objects.filter(archived_at__isnull=True)
    theirs = CompanyAttribute.objects.filter(archived_at__isnull=True)
    return {
        "today": day_of(now),
        "zone": str(zone()),
        "late": LATE,
        "early": EARLY,
        "choices": list(own.filter(type__in=CHOICES).values_list("key", flat=True)),
        "numbers": list(own.filter(type__in=NUMBERS).values_list("key", flat=True)),
        "company_choices": list(theirs.filter(type__in=CHOICES).values_list("key", flat=True)),
        "company_numbers": list(theirs.filter(type__in=NUMBERS).values_list("key", flat=True)),
        "signals": list(Signal.objects.filter(status="live").values_list("pk", flat=True)),
    }


def before(found: Sequence[Outcome], now: datetime) -> Facts:
    """What was known about leads the evening before their outcome."""
    ids = [one.contact_id for one in found]
    with past.laid_out(found, now):
        return _read(ids, now, "moment")


def present(contact_ids: Collection[int], now: datetime) -> Facts:
    """What is known about people, until last evening."""
    return _read(contact_ids, now, "always")


def text_of_present() -> str:
    """The SQL of what is known about open leads."""
    return _SQL["facts"].replace("{moment}", _SQL["always"])


def _read(contact_ids: Collection[int], now: datetime, moment: str) -> Facts:
    text = _SQL["facts"].replace("{moment}", _SQL[moment])
    found: dict[int, dict[Key, float]] = {}
    for contact_id, key, item, x in db.fetch(
        text, scope(now) | {"contacts": list(contact_ids)}
    ):
        found.setdefault(contact_id, {})[key, item] = float(x)
    return found


def numeric(key: Key, numbers: Collection[str]) -> bool:
    """Whether an input is a number that people have or have not, rather than something that
    counts from nothing."""
    return key[0] == "age" or (not key[1] and key[0] in numbers)


def number_keys(known: Mapping[str, Any]) -> set[str]:
    """The keys of attributes that are numbers, in a ``scope``."""
    own = {f"attr.{key}" for key in known["numbers"]}
    return own | {f"company.attr.{key}" for key in known["company_numbers"]}


def choose(
    rows: Sequence[Mapping[Key, float]], numbers: Collection[str], rarer: int
) -> list[Input]:
    """The inputs worth learning from, yet without weight: those that enough leads have and
    enough have not (or whose number differs enough), the most widely spread first."""
    tally: dict[Key, int] = {}
    for row in rows:
        for key in row:
            tally[key] = tally.get(key, 0) + 1
    found = []
    for key in sorted(tally):
        one = _measured(key, rows, numeric(key, numbers))
        told = min(tally[key], len(rows) - tally[key]) >= FEWEST_WITH
        if one.spread > 0 and (told or (one.low < one.high and tally[key] >= FEWEST_WITH)):
            found.append((min(tally[key], len(rows) - tally[key]), one))
    found.sort(key=lambda pair: (-pair[0], pair[1].key, pair[1].item))
    return [one for _n, one in found[: min(MOST_INPUTS, max(3, rarer // PER_INPUT))]]


def _measured(key: Key, rows: Sequence[Mapping[Key, float]], number: bool) -> Input:
    have = [row[key] for row in rows if key in row]
    absent = 0.0
    if number:
        absent = sum(have) / len(have)
    elif key[0] == "quiet":
        absent = math.log(1 + EARLY)
    values = have + [absent] * (len(rows) - len(have))
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return Input(
        key=key[0],
        item=key[1],
        weight=0.0,
        mean=mean,
        absent=absent,
        low=min(values),
        high=max(values),
        spread=spread,
    )
