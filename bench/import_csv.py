"""A CSV of a million rows into the inbox, beside COPY of the same rows by hand.

By hand means: read with Python's csv module and copied into a plain table, nothing checked,
nothing normalised.
"""

from __future__ import annotations

import csv
import resource
import sys
import time
from pathlib import Path

from bench.base import Result, instance

FIRST = ("Anna", "Boris", "Clara", "Dmitri", "Elena", "Ferran", "Greta", "Hao", "Inés", "Jordi")
CITIES = ("Barcelona", "Girona", "Москва", "北京", "Madrid", "Sevilla", "Казань", "上海")


def run(small: bool) -> list[Result]:
    """Import 1,000,000 rows (small: 50,000), with email and phone."""
    rows = 50_000 if small else 1_000_000
    with instance() as root:
        file = root / "people.csv"
        _write(file, rows)
        limit = rows / _by_hand(file)
        before = _memory()
        seconds = _imported(file, rows)
        grown = _memory() - before
        print(
            f"  {rows:,} rows in {seconds:.1f} s; memory grew by {grown:.0f} MB",
            file=sys.stderr,
        )
    figure = rows / seconds
    return [
        Result(
            name="import: CSV rows to facts",
            figure=figure,
            unit="rows/s",
            limit=limit,
            ratio=figure / limit,
            contacts=rows,
            events=rows,
        )
    ]


def _write(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["Email", "Phone", "First name", "Last name", "City", "Revenue", "Topic"]
        )
        for i in range(rows):
            phone = f"+34 6{i % 100_000_000:08d}"
            names = FIRST[i % len(FIRST)], f"Surname{i % 5_000}"
            city, topic = CITIES[i % len(CITIES)], ("bread", "pastry")[i % 2]
            writer.writerow([f"person{i}@example.org", phone, *names, city, i % 9_000, topic])


def _by_hand(file: Path) -> float:
    from django.db import connection

    begun = time.perf_counter()
    with connection.cursor() as cursor:
        columns = ", ".join(f"c{i} text" for i in range(7))
        cursor.execute(f"CREATE TABLE by_hand ({columns})")
        with file.open(encoding="utf-8", newline="") as rows:
            reader = csv.reader(rows)
            next(reader)
            with cursor.copy("COPY by_hand FROM STDIN") as copy:
                for row in reader:
                    copy.write_row(row)
    return time.perf_counter() - begun


def _imported(file: Path, rows: int) -> float:
    from trellis.accounts.types import SYSTEM
    from trellis.capture.imports import actions
    from trellis.capture.imports.run import run as read

    begun = time.perf_counter()
    with file.open("rb") as upload:
        source = actions.create(SYSTEM, "Benchmark", upload)
    actions.start(SYSTEM, source.pk)
    done = read(source.pk, paced=False)
    assert (done.state, done.rows_accepted) == ("done", rows), done.why
    return time.perf_counter() - begun


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
