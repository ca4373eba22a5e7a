"""What pages and the API show of imports."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count

from trellis.capture.imports.facts import Plan
from trellis.capture.imports.reader import first_rows
from trellis.capture.imports.types import Bad, Row, options_of
from trellis.capture.models import Import, ImportFault
from trellis.core import clock
from trellis.people import masking
from trellis.people.models import Identity

_RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The first rows as cells, and a trial of the first thousands without writing anything.

    Who may not see private data gets the figures without the cells.

    ``known``: rows whose person Trellis knows already; ``faults``: reason → rows;
    ``examples``: the first faulty rows as (number, reason, detail).
    """

    columns: list[str]
    rows: list[Row]
    tried: int
    accepted: int
    known: int
    faults: dict[str, int]
    examples: list[tuple[int, str, str]]


def newest(limit: int = 50, before: int | None = None) -> list[Import]:
    """Imports, newest first."""
    rows = Import.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def preview(source: Import, *, shown: int = 20, tried: int = 2_000) -> Preview:
    """Try an import on its first rows. Two queries at most, whatever the file's size."""
    options = options_of(source.options)
    rows = first_rows(source.file, options.layout, tried)
    plan = Plan(source.pk, source.mapping, options, clock.now(), source.name)
    faults: Counter[str] = Counter()
    examples: list[tuple[int, str, str]] = []
    people: list[list[tuple[str, str]]] = []
    for row in rows:
        try:
            people.append(list(plan.fact(row).ids))
        except Bad as bad:
            faults[bad.fault.value] += 1
            examples.append((row.number, bad.fault.value, bad.detail))
    return Preview(
        columns=options.layout.columns,
        rows=[] if masking.veiled() else rows[:shown],
        tried=len(rows),
        accepted=len(people),
        known=_known(people),
        faults=dict(faults.most_common()),
        examples=[
            (number, reason, "" if masking.veiled() else detail)
            for number, reason, detail in examples[:20]
        ],
    )


def _known(people: list[list[tuple[str, str]]]) -> int:
    values = {value for ids in people for _, value in ids}
    found = set(Identity.objects.filter(value__in=values).values_list("kind", "value"))
    return sum(any(pair in found for pair in ids) for ids in people)


def faults_by_reason(source: Import) -> dict[str, int]:
    """How many rows were not accepted, by reason."""
    rows = ImportFault.objects.filter(source=source).values_list("reason")
    return dict(rows.annotate(n=Count("id")).order_by("-n"))


def fault_lines(source: Import) -> Iterator[str]:
    """The rows that were not accepted as lines of a CSV, with number and reason: mend them
    and import that file. Cells that a spreadsheet would compute are made plain text."""
    columns = options_of(source.options).layout.columns
    yield "\ufeff" + _line([*columns, "Trellis row", "Trellis reason", "Trellis detail"])
    rows = ImportFault.objects.filter(source=source).order_by("row")
    for fault in rows.iterator(chunk_size=1_000):
        cells = [str(cell) for cell in fault.cells][: len(columns)]
        cells += [""] * (len(columns) - len(cells))
        yield _line([*cells, str(fault.row), fault.reason, fault.detail])


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    safe = ["'" + cell if cell.startswith(_RISKY) else cell for cell in cells]
    csv.writer(out).writerow(safe)
    return out.getvalue()
