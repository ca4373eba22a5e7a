"""Finding out how a file is written: encoding, delimiter, header, types of columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from trellis.capture.imports.types import Layout
from trellis.core.errors import InvalidInput
from trellis.people.normal import normalise_email

SAMPLE = 256 * 1024
"""Bytes looked at."""
ROWS = 200
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "gb18030", "windows-1251", "windows-1252", "utf-16")
"""What can be chosen where the guess is wrong."""
MOST_COLUMNS = 500
"""More are no table of people, and each column is a choice on the page."""

_HIGH = re.compile(rb"[\x80-\xff]+")
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,14})([.,]\d{1,9})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_BOOLEAN = frozenset({"true", "false"})


def encoding_of(sample: bytes) -> str:
    """The likeliest encoding of a text by its first bytes."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if sample.startswith(codecs.BOM_UTF8) or _decodes(sample, "utf-8"):
        return "utf-8"
    return _one_of_the_old_ones(sample)


def _one_of_the_old_ones(sample: bytes) -> str:
    """Western letters stand alone between ASCII ones; Cyrillic ones run in words, most of
    them lower case (0xE0 and above); Chinese ones run in pairs of common characters."""
    runs = _HIGH.findall(sample)
    high = b"".join(runs)
    if not high or len(high) < 1.5 * len(runs):
        return "windows-1252"
    lower = sum(byte >= 0xE0 for byte in high) / len(high)
    if lower > 0.6 or not _decodes(sample, "gb18030"):
        return "windows-1251"
    return "gb18030"


def _decodes(sample: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        decoder.decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def layout_of(sample: bytes, encoding: str = "", *, header: bool | None = None) -> Layout:
    """How a file is written whose first bytes are ``sample``. A chosen ``encoding`` or
    ``header`` is taken as said."""
    encoding = encoding or encoding_of(sample)
    skip = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
    text = _text(sample[skip:], encoding)
    delimiter = max(DELIMITERS, key=lambda mark: _regularity(text, mark))
    rows = rows_of(text, delimiter, 2)
    first = rows[0] if rows else []
    if len(first) > MOST_COLUMNS:
        raise InvalidInput(
            _("A file may have %(most)d columns at most; this one has %(n)d.")
            % {"most": MOST_COLUMNS, "n": len(first)}
        )
    has_header = looks_like_header(first) if header is None else header
    start = skip
    if has_header:
        start += len(_first_record(text, delimiter).encode(encoding))
    return Layout(
        encoding=encoding,
        delimiter=delimiter,
        header=has_header,
        columns=unique(first) if has_header else unique([""] * len(first)),
        start=start,
    )


def _text(sample: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    cut = text.rfind("\n") if len(sample) >= SAMPLE else -1
    return text[: cut + 1] if cut > 0 else text


def rows_of(text: str, delimiter: str, most: int) -> list[list[str]]:
    """The first rows of a text."""
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            found.append(row)
            if len(found) >= most:
                break
    except csv.Error:
        return found
    return found


def _regularity(text: str, delimiter: str) -> tuple[float, int]:
    widths = [len(row) for row in rows_of(text, delimiter, 50) if row]
    usual = max(set(widths), key=widths.count) if widths else 0
    if usual < 2:
        return 0.0, 0
    return widths.count(usual) / len(widths), usual


def _first_record(text: str, delimiter: str) -> str:
    lines = io.StringIO(text, newline="")
    next(csv.reader(lines, delimiter=delimiter), None)
    return text[: lines.tell()]


def looks_like_header(first: Sequence[str]) -> bool:
    """Whether a first row names columns: no address, no number, nothing empty or twice."""
    names = [cell.strip() for cell in first]
    if not all(names) or len(set(names)) != len(names):
        return False
    return not any(normalise_email(name) or _NUMBER.fullmatch(name) for name in names)


def unique(names: Sequence[str]) -> list[str]:
    """Names of columns, each once: "Email", "Email (2)"; an empty one is "Column 3"."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        base = name.strip().replace("\x00", "")[:100] or f"Column {place}"
        made, count = base, 1
        while made in found:
            count += 1
            made = f"{base} ({count})"
        found.append(made)
    return found


def type_of(values: Sequence[str]) -> str:
    """The type of a column by its values: number, boolean, date, else text."""
    found = [value.strip() for value in values if value.strip()]
    if not found:
        return "text"
    if all(value.lower() in _BOOLEAN for value in found):
        return "boolean"
    if all(_NUMBER.fullmatch(value) for value in found):
        return "number"
    if all(_DATE.fullmatch(value) for value in found):
        return "date"
    return "text"
