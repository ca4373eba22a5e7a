"""Where do people stop on their way (T6)? A funnel over signals and stages.

Everybody who took the first step in the period is followed: the second step counts where it
was taken after the first, and so on, until now. A stage is reached by any move to it or to a
later one of its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from trellis.core import db
from trellis.core.days import zone
from trellis.core.sql import load
from trellis.events.models import Signal
from trellis.leads.models import Stage
from trellis.reports import funnels

_SQL = load("trellis.reports", "funnel")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: how many reached it, of a hundred from the step before and from the first, the
    median seconds since the step before, and whether the fewest of all steps go on here."""

    kind: str
    key: str
    name: str
    n: int
    of_last: float
    of_first: float
    median: float | None
    worst: bool

    @property
    def lost(self) -> float:
        """Of a hundred at the step before, how many stop there."""
        return 100 - self.of_last


def funnel(
    steps: Sequence[Mapping[str, Any]],
    since: date,
    until: date,
    segment_id: int | None = None,
) -> list[Step]:
    """Follow those who took the first step from ``since`` to ``until``, both included, of a
    segment where one is given. Raises ``InvalidInput`` for steps that do not exist."""
    checked = funnels.check(steps)
    names, text, params = _composed(checked, segment_id)
    params |= {
        "since": since,
        "until": until,
        "from_at": datetime.combine(since, time(), zone()),
        "to_at": datetime.combine(until + timedelta(days=1), time(), zone()),
    }
    row = db.fetch(text, params)[0]
    width = len(checked)
    counts = [int(n) for n in row[:width]]
    medians = [None, *(None if value is None else float(value) for value in row[width:])]
    shares = [100.0] + [
        100 * counts[i] / counts[i - 1] if counts[i - 1] else 0.0 for i in range(1, width)
    ]
    reached = [i for i in range(1, width) if counts[i - 1]]
    worst = min(reached, key=lambda i: shares[i]) if reached else 0
    return [
        Step(
            kind=next(iter(step)),
            key=next(iter(step.values())),
            name=names[i],
            n=counts[i],
            of_last=shares[i],
            of_first=100 * counts[i] / counts[0] if counts[0] else 0.0,
            median=medians[i],
            worst=i == worst and i > 0,
        )
        for i, step in enumerate(checked)
    ]


def _composed(
    steps: Sequence[Mapping[str, str]], segment_id: int | None
) -> tuple[list[str], str, dict[str, Any]]:
    signals = {row.key: row for row in Signal.objects.all()}
    stages = list(Stage.objects.filter(archived_at=None).order_by("rank"))
    names: list[str] = []
    params: dict[str, Any] = {"segment": segment_id}
    text = ""
    for number, step in enumerate(steps, start=1):
        if "signal" in step:
            signal = signals[step["signal"]]
            names.append(signal.name)
            params[f"signal_{number}"] = signal.pk
        else:
            stage = next(row for row in stages if row.key == step["stage"])
            names.append(stage.name)
            params[f"stages_{number}"] = [
                row.pk
                for row in stages
                if row.line_id == stage.line_id and row.rank >= stage.rank
            ]
        kind = "signal" if "signal" in step else "stage"
        block = _SQL[f"{'first' if number == 1 else 'next'}_{kind}"]
        kept = ", ".join(f"p.t{i}" for i in range(1, number))
        who = _SQL["who"] if segment_id is not None and number == 1 else ""
        text = (
            block.replace("{before}", text)
            .replace("{kept}", kept)
            .replace("{last}", f"p.t{number - 1}")
            .replace("{who}", who.split("\n", 1)[-1])
            .replace("{number}", str(number))
        )
    counted = ", ".join(f"count(f.t{i})" for i in range(1, len(steps) + 1))
    medians = ", ".join(
        _SQL["median"].split("\n", 1)[1].replace("{a}", f"f.t{i}").replace("{b}", f"f.t{i + 1}")
        for i in range(1, len(steps))
    )
    answer = _SQL["answer"].replace("{counted}", counted).replace("{medians}", medians)
    return names, answer.replace("{all}", text), params
