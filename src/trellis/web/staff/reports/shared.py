"""What reports have in common: which line and period is asked for, and tables as files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from trellis.core import clock
from trellis.core.days import day_of
from trellis.leads import queries as leads
from trellis.leads.models import Line
from trellis.reports import periods
from trellis.reports.periods import Step
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest

SPANS: Mapping[str, tuple[Any, int]] = {
    "30": (_("30 days"), 30),
    "90": (_("90 days"), 90),
    "365": (_("12 months"), 365),
    "1095": (_("3 years"), 1095),
}
STEPS: Mapping[str, Any] = {"day": _("By day"), "week": _("By week"), "month": _("By month")}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address of a report asks for. ``today`` is in the instance's zone."""

    lines: Sequence[Line]
    line: Line
    span: str
    step: Step
    since: date
    today: date

    @property
    def context(self) -> dict[str, Any]:
        """What the filter of a report's page shows."""
        return {"asked": self, "spans": SPANS, "steps": STEPS}


def asked(request: StaffRequest, span: str = "90", step: Step = "week") -> Asked:
    """Read line, span and step of the address; what is not known falls to the default."""
    got = request.GET
    lines = leads.lines()
    chosen = given.number(got.get("line"))
    line = next((row for row in lines if row.pk == chosen), lines[0])
    kept = got.get("span", span) if got.get("span", span) in SPANS else span
    by = got.get("step", step) if got.get("step", step) in periods.STEPS else step
    today = day_of(clock.now())
    return Asked(
        lines=lines,
        line=line,
        span=kept,
        step=cast(Step, by),
        since=today - timedelta(days=SPANS[kept][1] - 1),
        today=today,
    )


def as_csv(name: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A table as a file for spreadsheets. Text that a spreadsheet would take for a formula
    gets an apostrophe in front."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([_cell(item) for item in head])
    writer.writerows([_cell(item) for item in row] for row in rows)
    return response


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
