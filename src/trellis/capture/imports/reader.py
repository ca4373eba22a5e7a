"""Rows of a file from any byte that a row begins at, so that reading can go on there."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from trellis.capture.imports.types import Fault, Layout, Row

MAX_CELL = 4_000


class Reader:
    """Reads on from ``offset``; afterwards ``offset`` is where the next row begins, and
    ``number`` that of the last row, empty ones counted.

    The file's encoding must write a line feed as that one byte, which all of ``sniff``
    do but UTF-16; ``actions.create`` rewrites that one.
    """

    def __init__(self, file: BinaryIO, layout: Layout, offset: int, number: int) -> None:
        self.offset = offset
        self.number = number
        self._file = file
        self._layout = layout
        self._damaged = False
        file.seek(offset)
        self._rows = csv.reader(self._lines(), delimiter=layout.delimiter)

    def take(self, most: int) -> list[Row]:
        """The next rows, at most ``most``; empty at the end of the file."""
        found: list[Row] = []
        while len(found) < most:
            row = self._next()
            if row is None:
                break
            if row.cells or row.fault:
                found.append(row)
        return found

    def _next(self) -> Row | None:
        self._damaged = False
        try:
            cells = next(self._rows)
        except StopIteration:
            return None
        except csv.Error:
            self.number += 1
            return Row(self.number, [], Fault.UNREADABLE)
        self.number += 1
        return Row(self.number, cells, self._fault(cells))

    def _fault(self, cells: list[str]) -> Fault | None:
        if self._damaged:
            return Fault.BAD_ENCODING
        width = len(self._layout.columns)
        if len(cells) > width and any(cells[width:]):
            return Fault.TOO_MANY_CELLS
        return Fault.TOO_LONG if any(len(cell) > MAX_CELL for cell in cells) else None

    def _lines(self) -> Iterator[str]:
        encoding = self._layout.encoding
        for line in self._file:
            self.offset += len(line)
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                self._damaged = True
                text = line.decode(encoding, "replace")
            yield text.replace("\x00", "") if "\x00" in text else text


def first_rows(path: Path, layout: Layout, most: int) -> list[Row]:
    """The first rows of a file."""
    with path.open("rb") as file:
        return Reader(file, layout, layout.start, 0).take(most)
