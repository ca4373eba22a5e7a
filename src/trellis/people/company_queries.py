"""What pages and the API read about companies. Keyset paging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from trellis.core import db, sql
from trellis.core.paging import Cursor, Page, paged
from trellis.people.companies import DOMAIN, GROUP
from trellis.people.models import CompanyKey

_SQL = sql.load(__package__, "company_list")


@dataclass(frozen=True, kw_only=True)
class CompanyRow:
    """One row of a list of companies; ``people`` are its live contacts, ``hot`` those of them
    who are hot, ``best`` the highest score of one."""

    id: int
    name: str
    domain: str
    attributes: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int
    people: int
    hot: int
    best: int | None


@dataclass(frozen=True, kw_only=True)
class CompanyDetail(CompanyRow):
    """A company with all that names it, and where each value came from."""

    provenance: Mapping[str, Any]
    merged_into: int | None
    domains: Sequence[str] = field(default_factory=tuple)
    group_ids: Sequence[str] = field(default_factory=tuple)


def companies(search: str, after: Cursor | None, limit: int) -> Page[CompanyRow]:
    """A page of live companies, the newest first; every word of ``search`` must occur in the
    name or the domain."""
    words = [f"%{db.like(word)}%" for word in search.lower().split()[:6]]
    args = {
        "words": words,
        "after_at": after.at if after else None,
        "after_id": after.id if after else None,
        "limit": limit + 1,
    }
    rows = [CompanyRow(**_row(row)) for row in db.fetch(_SQL["list"], args)]
    return paged(rows, limit, lambda row: (row.created_at, row.id))


def company(company_id: int) -> CompanyDetail | None:
    """One company; None where there is none."""
    rows = db.fetch(_SQL["one"], {"id": company_id})
    if not rows:
        return None
    *plain, provenance, merged_into = rows[0]
    keys = list(CompanyKey.objects.filter(company_id=company_id).order_by("value"))
    return CompanyDetail(
        **_row(plain),
        provenance=db.decoded(provenance),
        merged_into=merged_into,
        domains=[row.value for row in keys if row.kind == DOMAIN],
        group_ids=[row.value for row in keys if row.kind == GROUP],
    )


@dataclass(frozen=True, kw_only=True)
class MergedIn:
    """That a company went into another: its name, why, by whom, and whether it was undone."""

    merge_id: int
    company_id: int
    loser_id: int
    name: str
    at: datetime
    reason: str
    actor: str
    undone_at: datetime | None


def merges(company_id: int) -> list[MergedIn]:
    """What was merged into a company, the newest first; up to 50."""
    rows = db.fetch(_SQL["merges"], {"company": company_id})
    names = [field.name for field in fields(MergedIn)]
    return [MergedIn(**dict(zip(names, row, strict=True))) for row in rows]


def people_of(company_id: int, after: int, limit: int) -> list[int]:
    """The next live contacts of a company, by number."""
    args = {"company": company_id, "after": after, "limit": limit}
    return [int(number) for (number,) in db.fetch(_SQL["people"], args)]


def top_people(company_id: int, limit: int) -> list[int]:
    """The live contacts of a company with the highest scores."""
    args = {"company": company_id, "limit": limit}
    return [int(number) for (number,) in db.fetch(_SQL["top_people"], args)]


def named_like(text: str, limit: int) -> list[tuple[int, str, str]]:
    """Live companies whose name begins so, or has it anywhere: (id, name, domain)."""
    args = {
        "start": f"{db.like(text.lower())}%",
        "any": f"%{db.like(text.lower())}%",
        "n": limit,
    }
    return [(int(i), str(n), str(d)) for i, n, d in db.fetch(_SQL["named_like"], args)]


def _row(row: Sequence[Any]) -> dict[str, Any]:
    names = (
        "id", "name", "domain", "attributes", "created_at", "updated_at", "version", "people",
        "hot", "best",
    )  # fmt: skip
    found = dict(zip(names, row, strict=True))
    found["attributes"] = db.decoded(found["attributes"])
    return found
