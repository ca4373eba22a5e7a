"""What an import knows about its file, and what it does with a row."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How the file is written. ``columns``: unique names, made up where there is no header;
    ``start``: the byte at which the rows begin."""

    encoding: str
    delimiter: str
    header: bool
    columns: list[str]
    start: int


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the importer chose.

    - ``layout``: how the file is written.
    - ``types``: column → number, boolean, date or text, for attributes.
    - ``source``: key of the source every row came through (C1).
    - ``update``: "newest" (a row is the newest word on its person) or "empty" (rows only
      fill what is empty).
    - ``consent``: purposes that every person of the file agreed to, with ``wording``, the
      text they agreed to; without it, nothing is recorded.
    - ``region``: ISO country in which phone numbers without a country code are dialled.
    """

    layout: Layout
    types: dict[str, str] = {}
    source: str = ""
    update: str = "newest"
    consent: list[str] = []
    wording: str = ""
    region: str = ""


class Fault(StrEnum):
    """Why a row was not accepted."""

    NO_IDENTITY = "no_identity"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    BAD_NUMBER = "bad_number"
    BAD_DATE = "bad_date"
    BAD_BOOLEAN = "bad_boolean"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_LONG = "too_long"
    BAD_ENCODING = "bad_encoding"
    UNREADABLE = "unreadable"


FAULTS: dict[Fault, str] = {
    Fault.NO_IDENTITY: "The row has no email, phone or id.",
    Fault.BAD_EMAIL: "This is not an email address.",
    Fault.BAD_PHONE: "This is not a phone number; a country code may be missing.",
    Fault.BAD_NUMBER: "This is not a number.",
    Fault.BAD_DATE: "This is not a date written like 2026-01-31.",
    Fault.BAD_BOOLEAN: "This is neither yes nor no.",
    Fault.TOO_MANY_CELLS: "The row has more cells than the header.",
    Fault.TOO_LONG: "A cell is longer than 4,000 characters.",
    Fault.BAD_ENCODING: "The row has characters that the file's encoding does not know.",
    Fault.UNREADABLE: "The row cannot be read; a quote may not be closed.",
}
"""What each reason means, in the language of the source code."""


class Row(msgspec.Struct, frozen=True):
    """A row of the file: its number (the first is 1), its cells, and why it cannot be read
    where it cannot."""

    number: int
    cells: list[str]
    fault: Fault | None = None


class Bad(Exception):
    """A row is not accepted: why, and which cell says so."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        self.fault = fault
        self.detail = detail
        super().__init__(fault)


def options_of(data: Any) -> Options:
    """The options as stored in ``models.Import.options``."""
    return msgspec.convert(data, Options)
