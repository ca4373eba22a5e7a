"""What is known of companies: typed attributes with their provenance, as of contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from trellis.core import db, sql
from trellis.core.jobs import enqueue
from trellis.people import provenance
from trellis.people.models import CompanyAttribute
from trellis.people.provenance import Entry
from trellis.people.values import MAX_KEY, BadValue, fit, flatten, infer

MAX_DEFINITIONS = 300
"""Attributes of companies that facts may create; more come from a broken client."""

_SQL = sql.load(__package__, "companies")
_encode = msgspec.json.Encoder().encode


class Refused(NamedTuple):
    """A value that was kept out."""

    company_id: int
    key: str
    reason: str


@dataclass(kw_only=True)
class Held:
    """A company's values in memory, and which of them changed."""

    company_id: int
    name: str
    attributes: dict[str, Any]
    provenance: dict[str, Entry]
    changed: set[str]


def apply(
    said: Iterable[tuple[int, Mapping[str, Any], Entry]],
    now: datetime,
    *,
    tell: bool = True,
) -> list[Refused]:
    """Take (company, traits, who says so) into companies; for each key the newest word wins.

    The people of companies that changed are derived again by a job (unless a company is new
    and has none: not ``tell``). Returns what was kept
    out, by reason.
    """
    flat = [(number, list(flatten(traits)), entry) for number, traits, entry in said]
    if not flat:
        return []
    kinds = _definitions(flat, now)
    held = _read({number for number, _, _ in flat})
    refused: list[Refused] = []
    for number, pairs, entry in flat:
        company = held.get(number)
        for key, value in pairs if company is not None else ():
            try:
                _take(company, key, value, entry, kinds)  # type: ignore[arg-type]  # not None
            except BadValue as bad:
                refused.append(Refused(number, key, str(bad)))
    write([company for company in held.values() if company.changed], now, tell=tell)
    return refused


def write(companies: Iterable[Held], now: datetime, *, tell: bool = True) -> None:
    """Write companies back; ``tell``: have their people be derived again."""
    rows = sorted(companies, key=lambda company: company.company_id)
    if not rows:
        return
    columns: list[list[Any]] = [
        [row.company_id for row in rows],
        [_encode(row.attributes).decode() for row in rows],
        [_encode(row.provenance).decode() for row in rows],
    ]
    db.run(_SQL["write"], [now, *columns])
    for row in rows if tell else ():
        announce(row.company_id, sorted(row.changed))


def announce(company_id: int, fields: list[str]) -> None:
    """Have the people of a company told that it changed, so that rules over it hold."""
    enqueue(
        "people.company_changed",
        once=f"company-{company_id}",
        company_id=company_id,
        fields=fields,
    )


def _read(numbers: set[int]) -> dict[int, Held]:
    return {
        row[0]: Held(
            company_id=row[0],
            name=row[1],
            attributes=db.decoded(row[2]),
            provenance=db.decoded(row[3]),
            changed=set(),
        )
        for row in db.fetch(_SQL["read"], [sorted(numbers)])
    }


def _take(
    company: Held, key: str, value: Any, entry: Entry, kinds: Mapping[str, CompanyAttribute]
) -> None:
    definition = kinds.get(key)
    if definition is None:
        raise BadValue("too_many_attributes")
    kept = None if value is None else fit(definition, value)
    old, before = company.attributes.get(key), company.provenance.get(key)
    if before is not None and kept == old:
        return
    if not provenance.newer(entry, kept, before, old):
        return
    if kept is None:
        company.attributes.pop(key, None)
    else:
        company.attributes[key] = kept
    company.provenance[key] = provenance.keep(entry, kept, before, old)
    company.changed.add(key)


Flat = list[tuple[int, list[tuple[str, Any]], Entry]]


def _definitions(flat: Flat, now: datetime) -> dict[str, CompanyAttribute]:
    kinds = {row.key: row for row in CompanyAttribute.objects.all()}
    new: dict[str, str] = {}
    for _, pairs, _ in flat:
        for key, value in pairs:
            fits = 0 < len(key) <= MAX_KEY and "\x00" not in key
            if key not in kinds and value is not None and fits:
                new.setdefault(key, infer(value))
    wanted = sorted(new)[: max(0, MAX_DEFINITIONS - len(kinds))]
    if not wanted:
        return kinds
    CompanyAttribute.objects.bulk_create(
        [
            CompanyAttribute(
                key=key,
                label=key.replace("_", " ").strip().capitalize()[:120],
                type=new[key],
                created_at=now,
            )
            for key in wanted
        ],
        ignore_conflicts=True,
    )
    return {row.key: row for row in CompanyAttribute.objects.all()}
