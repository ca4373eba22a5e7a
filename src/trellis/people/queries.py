"""What pages and the API read about contacts. Keyset paging, estimated counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from trellis.core import db
from trellis.core.paging import Cursor, Page, paged
from trellis.people import masking, normal
from trellis.people.models import (
    Attribute,
    Company,
    Consent,
    ContactIdentity,
    Identity,
    Merge,
    Suppression,
)
from trellis.people.names import WIDE, full_name

SEARCH_TEXT = (
    "lower(c.first_name || ' ' || c.last_name || ' ' || c.last_name || c.first_name"
    " || ' ' || c.email || ' ' || c.phone)"
)
"""What a search looks through; the trigram index ``contact_search`` holds the same."""
WIDE_NAMES = f"c.first_name || c.last_name ~ '[{WIDE}-\uffef]'"
WIDE_LETTERS = "string_to_array(c.first_name || c.last_name, NULL)"
"""Which names hold such letters, and all letters of a name; the index ``contact_wide`` holds
the same."""
COUNT_LIMIT = 1_000
"""Lists count up to here; beyond, there are "more than" so many."""


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """A condition on ``c.contact_id`` in SQL with ``%(name)s`` places, and their values: made
    by upper domains (a segment, a compiled rule) for ``contacts`` to filter by."""

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ContactFilter:
    """Which contacts a list shows. ``kind``: known, anonymous or all."""

    search: str = ""
    kind: str = "known"
    temperature: str = ""
    stage_id: int | None = None
    more: Sequence[Predicate] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    """One row of a list of contacts."""

    contact_id: int
    known: bool
    first_name: str
    last_name: str
    email: str
    phone: str
    city: str
    country: str
    locale: str
    company: str
    created_at: datetime
    last_seen: datetime | None
    score: int
    grade: str
    temperature: str
    stage_id: int | None
    attributes: Mapping[str, Any]
    tags: Sequence[str]

    @property
    def name(self) -> str:
        """How the person is called in lists; "" where nothing is known."""
        full = full_name(self.first_name, self.last_name)
        return full or self.email or self.phone


@dataclass(frozen=True, kw_only=True)
class Profile(ContactRow):
    """One contact with everything that stands in ``contact`` and ``standing``."""

    merged_into: int | None
    company_id: int | None
    time_zone: str
    provenance: Mapping[str, Any]
    updated_at: datetime
    first_seen: datetime | None
    demographic: int
    interest: int
    engagement: int


_ROW = (
    "c.contact_id, c.known, c.first_name, c.last_name, c.email, c.phone, c.city, c.country,"
    " c.locale, coalesce(co.name, '') AS company, c.created_at, s.last_seen,"
    " coalesce(s.score, 0) AS score, coalesce(s.grade, '') AS grade,"
    " coalesce(s.temperature, 'cold') AS temperature, s.stage_id, c.attributes, c.tags"
)
_MORE = (
    ", c.merged_into, c.company_id, c.time_zone, c.provenance, c.updated_at, s.first_seen,"
    " coalesce(s.demographic, 0) AS demographic, coalesce(s.interest, 0) AS interest,"
    " coalesce(s.engagement, 0) AS engagement"
)
_FROM = (
    " FROM contact c LEFT JOIN standing s ON s.contact_id = c.contact_id"
    " LEFT JOIN people_company co ON co.id = c.company_id"
)


def _search(text: str) -> Predicate:
    """Every word must occur. One of one or two letters must begin a word, because the
    trigram index can find nothing shorter; Chinese and the like may stand anywhere, found
    by their letters (``contact_wide``)."""
    if masking.veiled():
        return _search_veiled(text)
    parts: list[str] = []
    params: dict[str, Any] = {}
    for at, word in enumerate(text.lower().split()[:6]):
        if len(word) < 3 and all(letter >= WIDE for letter in word):
            parts.append(
                f"({WIDE_NAMES} AND {WIDE_LETTERS} @> %(letters_{at})s::text[]"
                f" AND {SEARCH_TEXT} LIKE %(word_{at})s)"
            )
            params |= {f"letters_{at}": list(word), f"word_{at}": f"%{db.like(word)}%"}
        elif len(word) < 3:
            parts.append(
                f"({SEARCH_TEXT} LIKE %(start_{at})s OR {SEARCH_TEXT} LIKE %(word_{at})s)"
            )
            params |= {f"start_{at}": f"{db.like(word)}%", f"word_{at}": f"% {db.like(word)}%"}
        else:
            parts.append(f"{SEARCH_TEXT} LIKE %(word_{at})s")
            params[f"word_{at}"] = f"%{db.like(word)}%"
    return Predicate(sql=" AND ".join(parts) or "true", params=params)


def _search_veiled(text: str) -> Predicate:
    """For those who may not see private data: a whole address or number finds its owner, and
    whole words of a name, so that nobody can be spelt out letter by letter."""
    for kind in (normal.EMAIL, normal.PHONE):
        if exact := normal.normalise(kind, text):
            sql = (
                "c.contact_id IN (SELECT i.contact_id FROM identity i"
                " WHERE i.value = %(exact)s AND i.kind = %(kind)s)"
            )
            return Predicate(sql=sql, params={"exact": exact, "kind": kind})
    parts, params = ["true"], dict[str, Any]()
    for at, word in enumerate(text.lower().split()[:6]):
        parts += [
            f"{SEARCH_TEXT} LIKE %(word_{at})s",
            f"lower(' ' || c.first_name || ' ' || c.last_name || ' ') LIKE %(whole_{at})s",
        ]
        params |= {f"word_{at}": f"%{db.like(word)}%", f"whole_{at}": f"% {db.like(word)} %"}
    return Predicate(sql=" AND ".join(parts), params=params)


def where(filters: ContactFilter, *, apart: bool = False) -> Predicate:
    """The condition of a filter over ``contact c`` and ``standing s``. ``apart``: collect
    the hits of the search first, whatever the planner expects of it."""
    parts = ["c.merged_into IS NULL"]
    params: dict[str, Any] = {}
    if filters.kind != "all":
        parts.append("c.known" if filters.kind == "known" else "NOT c.known")
    extra = list(filters.more)
    if filters.search.strip():
        search = _search(filters.search)
        hits = (
            f"SELECT c.contact_id FROM contact c WHERE {' AND '.join(parts)} AND {search.sql}"
        )
        sql = f"c.contact_id = ANY(ARRAY({hits}))" if apart else search.sql
        extra.append(Predicate(sql=sql, params=search.params))
    if filters.temperature:
        heat = {"heat": filters.temperature}
        extra.append(Predicate(sql="s.temperature = %(heat)s", params=heat))
    if filters.stage_id is not None:
        stage = {"stage": filters.stage_id}
        extra.append(Predicate(sql="s.stage_id = %(stage)s", params=stage))
    for predicate in extra:
        parts.append(f"({predicate.sql})")
        params |= predicate.params
    return Predicate(sql=" AND ".join(parts), params=params)


def contacts(
    filters: ContactFilter, after: Cursor | None, limit: int, *, frequent: bool = False
) -> Page[ContactRow]:
    """A page of contacts, the newest first. Everybody is read as the known beside the
    anonymous, because each has an index in this order. ``frequent``: the search finds so
    many that walking that index is quicker than collecting and sorting all hits."""
    kinds = ("known", "anonymous") if filters.kind == "all" else (filters.kind,)
    params: dict[str, Any] = {"limit": limit + 1}
    keyset = ""
    if after is not None:
        keyset = " AND (c.created_at, c.contact_id) < (%(after_at)s, %(after_id)s)"
        params |= {"after_at": after.at, "after_id": after.id}
    arms = []
    for kind in kinds:
        found = where(replace(filters, kind=kind), apart=not frequent)
        params |= found.params
        arms.append(
            f"(SELECT {_ROW}{_FROM} WHERE {found.sql}{keyset}"
            " ORDER BY c.created_at DESC, c.contact_id DESC LIMIT %(limit)s)"
        )
    with transaction.atomic():
        if frequent:
            db.run("SET LOCAL enable_bitmapscan = off")
        rows = _fetch(
            f"SELECT * FROM ({' UNION ALL '.join(arms)}) t"
            " ORDER BY created_at DESC, contact_id DESC LIMIT %(limit)s",
            params,
        )
    found_rows = [ContactRow(**row) for row in rows]
    return paged(found_rows, limit, lambda row: (row.created_at, row.contact_id))


def count(filters: ContactFilter, limit: int = COUNT_LIMIT) -> int:
    """How many contacts a filter finds, counted up to ``limit``."""
    found = where(filters)
    ((n,),) = db.fetch(
        f"SELECT count(*) FROM (SELECT 1{_FROM} WHERE {found.sql} LIMIT %(limit)s) t",
        {**found.params, "limit": limit},
    )
    return int(n)


def ids(filters: ContactFilter, limit: int) -> list[int]:
    """The contacts of a filter, for an act on all of them; at most ``limit``."""
    found = where(filters)
    rows = db.fetch(
        f"SELECT c.contact_id{_FROM} WHERE {found.sql}"
        " ORDER BY c.created_at DESC, c.contact_id DESC LIMIT %(limit)s",
        {**found.params, "limit": limit},
    )
    return [int(number) for (number,) in rows]


def by_ids(contact_ids: Sequence[int]) -> list[ContactRow]:
    """These contacts, in the order given; those that do not exist are left out."""
    rows = _fetch(
        f"SELECT {_ROW}{_FROM} WHERE c.contact_id = ANY(%(ids)s)", {"ids": list(contact_ids)}
    )
    found = {row["contact_id"]: ContactRow(**row) for row in rows}
    return [found[number] for number in contact_ids if number in found]


def profile(contact_id: int) -> Profile | None:
    """One contact, None where there is none."""
    rows = _fetch(
        f"SELECT {_ROW}{_MORE}{_FROM} WHERE c.contact_id = %(id)s", {"id": contact_id}
    )
    return Profile(**rows[0]) if rows else None


@dataclass(frozen=True, kw_only=True)
class IdentityRow:
    """An identity of a contact; ``shared`` devices identify nobody any more."""

    kind: str
    value: str
    shared: bool
    created_at: datetime | None


def identities(contact_id: int) -> list[IdentityRow]:
    """The identities of a contact, devices last."""
    own = list(ContactIdentity.objects.filter(contact_id=contact_id))
    sight = {
        (row.value, row.kind): row
        for row in Identity.objects.filter(
            value__in=[row.value for row in own], contact_id=contact_id
        )
    }
    rows = [
        IdentityRow(
            kind=row.kind,
            value=masking.value(row.kind, row.value),
            shared=(row.value, row.kind) in sight and sight[row.value, row.kind].shared,
            created_at=sight[row.value, row.kind].created_at
            if (row.value, row.kind) in sight
            else None,
        )
        for row in own
    ]
    return sorted(rows, key=lambda row: (row.kind == "anonymous_id", row.kind, row.value))


def consents(contact_id: int) -> list[Consent]:
    """Every consent given or withdrawn, the newest first."""
    return list(Consent.objects.filter(contact_id=contact_id).order_by("-at", "-consent_id"))


def merges(contact_id: int) -> list[Merge]:
    """What was merged into a contact, the newest first."""
    return list(Merge.objects.filter(contact_id=contact_id).order_by("-at")[:50])


def suppressed(addresses: Sequence[str]) -> list[Suppression]:
    """Which of these addresses must not be written to, and why."""
    wanted = [address for address in addresses if address]
    return list(Suppression.objects.filter(value__in=wanted))


def attributes() -> list[Attribute]:
    """The definitions of custom attributes that are in use."""
    return list(Attribute.objects.filter(archived_at__isnull=True).order_by("label"))


def companies(numbers: Sequence[int]) -> dict[int, Company]:
    """Companies by id."""
    return Company.objects.in_bulk(list(numbers))


def new_known(now: datetime) -> dict[str, int]:
    """Known contacts made in the last 1, 7 and 14 days."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE created_at > %s),"
            " count(*) FILTER (WHERE created_at > %s), count(*)"
            " FROM contact WHERE known AND merged_into IS NULL AND created_at > %s",
            [now - timedelta(days=1), now - timedelta(days=7), now - timedelta(days=14)],
        )
        row = cursor.fetchone()
    day, week, fortnight = row or (0, 0, 0)
    return {"day": int(day), "week": int(week), "before": int(fortnight) - int(week)}


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How known contacts spread over stages, temperatures and scores."""

    total: int
    stages: Mapping[int | None, int]
    temperatures: Mapping[str, int]
    scores: Sequence[tuple[int, int]]


def spread(step: int = 10) -> Spread:
    """One pass over ``standing``: counts per stage, temperature and band of ``step`` points."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.stage_id, s.temperature, (s.score / %s) * %s AS band, count(*)"
            " FROM standing s JOIN contact c ON c.contact_id = s.contact_id"
            " WHERE c.known AND c.merged_into IS NULL GROUP BY 1, 2, 3",
            [step, step],
        )
        rows = cursor.fetchall()
    stages: dict[int | None, int] = {}
    temperatures: dict[str, int] = {}
    bands: dict[int, int] = {}
    for stage_id, temperature, band, n in rows:
        stages[stage_id] = stages.get(stage_id, 0) + n
        temperatures[temperature] = temperatures.get(temperature, 0) + n
        bands[band] = bands.get(band, 0) + n
    return Spread(
        total=sum(stages.values()),
        stages=stages,
        temperatures=temperatures,
        scores=sorted(bands.items()),
    )


def _fetch(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        for key in ("attributes", "provenance", "tags"):
            if isinstance(row.get(key), str):
                row[key] = json.loads(row[key])
    return [masking.row(row) for row in rows]
