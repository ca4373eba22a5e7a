"""From a row to a fact: a plan made once, then followed for each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from trellis.capture.imports import targets
from trellis.capture.imports.types import Bad, Fault, Options, Row
from trellis.events.types import IDENTIFY, STANDARD_NAMES, Fact
from trellis.people import normal

YES = frozenset({"1", "yes", "y", "true", "on", "x", "sí", "si", "да", "是", "同意"})
NO = frozenset({"0", "no", "n", "false", "off", "нет", "否", "不同意"})
_FORMULA = ("'=", "'+", "'-", "'@")
_YEAR_2000 = 946_684_800.0

Convert = Callable[[str, str], Any]


class Plan:
    """What to do with each cell, by its place in the row."""

    def __init__(
        self,
        number: int,
        mapping: Mapping[str, str],
        options: Options,
        started: datetime,
        name: str,
    ) -> None:
        self._number = number
        self._at = started.timestamp()
        self._region = options.region or None
        self._props: dict[str, Any] = {"import": number}
        if options.source:
            self._props["source"] = options.source
        if options.update == "empty":
            self._props["update"] = "empty"
        proof = {"wording": options.wording, "source": f"import:{name}"[:120], "channel": "*"}
        self._proof: dict[str, Any] = proof
        self._consent = tuple(
            {"purpose": purpose, "given": True, **proof} for purpose in options.consent
        )
        columns = options.layout.columns
        self._cells = [
            (place, column, mapping[column], _CONVERT[options.types.get(column, "text")])
            for place, column in enumerate(columns)
            if mapping.get(column)
        ]

    def fact(self, row: Row) -> Fact:
        """The fact a row states. Raises ``Bad``."""
        if row.fault is not None:
            raise Bad(row.fault)
        traits: dict[str, Any] = {}
        ids: list[tuple[str, str]] = []
        consent = list(self._consent)
        at = self._at
        cells = row.cells
        width = len(cells)
        for place, column, target, convert in self._cells:
            said = cells[place].strip() if place < width else ""
            if not said:
                continue
            if said.startswith(_FORMULA):
                said = said[1:]
            if target in targets.FIELDS:
                traits[target] = said
            elif target.startswith(targets.ATTRIBUTE):
                traits[target[len(targets.ATTRIBUTE) :]] = convert(said, column)
            elif target == targets.AT:
                at = min(at, _moment(said, column))
            elif target in targets.CONSENTS:
                consent.append(self._said(target, said, column))
            else:
                ids.append(_identity(target, said))
        ids = self._addresses(traits) + ids
        if not ids:
            raise Bad(Fault.NO_IDENTITY)
        ids.sort(key=lambda pair: normal.strength(pair[0]))
        return Fact(
            message_id=f"import-{self._number}-{row.number}",
            type=IDENTIFY,
            name=STANDARD_NAMES[IDENTIFY],
            at=at,
            ids=tuple(ids),
            traits=traits,
            props=self._props,
            consent=tuple(consent),
            origin="import",
        )

    def _addresses(self, traits: dict[str, Any]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if "email" in traits:
            email = normal.normalise_email(traits["email"])
            if email is None:
                raise Bad(Fault.BAD_EMAIL, traits["email"][:200])
            traits["email"] = email
            found.append((normal.EMAIL, email))
        if "phone" in traits:
            phone = normal.normalise_phone(traits["phone"], self._region)
            if phone is None:
                raise Bad(Fault.BAD_PHONE, traits["phone"][:200])
            traits["phone"] = phone
            found.append((normal.PHONE, phone))
        return found

    def _said(self, target: str, said: str, column: str) -> dict[str, Any]:
        given = _boolean(said, column)
        return {"purpose": target.partition(".")[2], "given": given, **self._proof}


def _identity(target: str, said: str) -> tuple[str, str]:
    kind = target if target == targets.USER_ID else target[len(targets.EXTERNAL) :]
    value = normal.normalise(kind, said)
    if value is None:
        raise Bad(Fault.NO_IDENTITY, said[:200])
    return kind, value


def _text(said: str, column: str) -> str:
    return said


def _number(said: str, column: str) -> int | float:
    plain = said.replace("\u00a0", "").replace(" ", "")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        raise Bad(Fault.BAD_NUMBER, f"{column}: {said}"[:200]) from None
    if not -1e17 < value < 1e17:
        raise Bad(Fault.BAD_NUMBER, f"{column}: {said}"[:200])
    return int(value) if value.is_integer() else value


def _boolean(said: str, column: str) -> bool:
    plain = said.lower()
    if plain in YES:
        return True
    if plain in NO:
        return False
    raise Bad(Fault.BAD_BOOLEAN, f"{column}: {said}"[:200])


def _date(said: str, column: str) -> str:
    try:
        return datetime.fromisoformat(said).date().isoformat()
    except ValueError:
        raise Bad(Fault.BAD_DATE, f"{column}: {said}"[:200]) from None


def _moment(said: str, column: str) -> float:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise Bad(Fault.BAD_DATE, f"{column}: {said}"[:200]) from None
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if seconds < _YEAR_2000:
        raise Bad(Fault.BAD_DATE, f"{column}: {said}"[:200])
    return seconds


_CONVERT: dict[str, Convert] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
TYPES = tuple(_CONVERT)
"""The types a column can have."""
