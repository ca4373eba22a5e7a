"""Periods of a report: days, weeks from Monday, or months, in the instance's zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, get_args

from trellis.core.errors import InvalidInput

Step = Literal["day", "week", "month"]
STEPS: tuple[str, ...] = get_args(Step)
MOST = 1_000
"""Periods that one report may have."""


def begin(day: date, step: Step) -> date:
    """The first day of the period in which ``day`` lies."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def following(first: date, step: Step) -> date:
    """The first day of the period after the one that begins with ``first``."""
    if step == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if step == "week" else 1)


def between(first: date, last: date, step: Step) -> Sequence[date]:
    """The beginnings of all periods from the one of ``first`` to the one of ``last``.

    Raises ``InvalidInput`` where there would be more than ``MOST``.
    """
    found = [begin(first, step)]
    while (after := following(found[-1], step)) <= last:
        found.append(after)
        if len(found) > MOST:
            raise InvalidInput(f"A report has at most {MOST} periods.")
    return found
