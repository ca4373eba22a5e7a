"""Contacts by interest: sorted by score inside one group, groups never mixed (L14).

The score changes with every event, so no index holds it. The narrow ``standing`` is read
once instead, keeping the best few on the way; only those are joined with the contact. At a
million contacts that is one scan of about a hundred megabytes, whatever the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trellis.core import db
from trellis.core.paging import Page
from trellis.people.queries import ContactFilter, ContactRow, by_ids, where

SCAN = 1_000
"""The best that one pass keeps; of them, the page takes those that fit the rest."""
PASSES = 4
"""Passes for a page; then it is short, and its cursor goes on."""

Place = tuple[int, int]
"""Score and number of a contact: a place in the order."""


def by_interest(filters: ContactFilter, after: str = "", limit: int = 50) -> Page[ContactRow]:
    """A page of contacts, the highest score first. ``after`` is ``next`` of the page before."""
    found, place = _places(filters, _place(after), limit)
    page = _page(found, limit)
    return replace(page, next=_text(place)) if place and not page.next else page


def best_of_each(filters: Sequence[ContactFilter], limit: int) -> list[list[ContactRow]]:
    """The best few of several groups, which may overlap; one query reads them all."""
    found = [_places(one, None, limit)[0][:limit] for one in filters]
    wanted = dict.fromkeys(number for places in found for _score, number in places)
    rows = {row.contact_id: row for row in by_ids(list(wanted))}
    return [[rows[n] for _score, n in places if n in rows] for places in found]


def _places(
    filters: ContactFilter, place: Place | None, limit: int
) -> tuple[list[Place], Place | None]:
    """One more than ``limit`` of those after ``place``, and where to go on from where the
    passes ended before that."""
    if filters.search.strip() or filters.more:
        return _joined(filters, place, limit + 1), None
    found: list[Place] = []
    for _pass in range(PASSES):
        best = _best(filters, place)
        found += _fitting(filters, best)
        if best:
            place = best[-1]
        if len(found) > limit or len(best) < SCAN:
            return found[: limit + 1], None
    return found, place


def _best(filters: ContactFilter, after: Place | None) -> list[Place]:
    parts, args = ["true"], dict[str, Any](limit=SCAN)
    if filters.temperature:
        parts.append("s.temperature = %(heat)s")
        args["heat"] = filters.temperature
    if filters.stage_id is not None:
        parts.append("s.stage_id = %(stage)s")
        args["stage"] = filters.stage_id
    if after is not None:
        parts.append("(s.score, s.contact_id) < (%(score)s, %(id)s)")
        args |= {"score": after[0], "id": after[1]}
    rows = db.fetch(
        f"SELECT s.score, s.contact_id FROM standing s WHERE {' AND '.join(parts)}"
        " ORDER BY s.score DESC, s.contact_id DESC LIMIT %(limit)s",
        args,
    )
    return [(int(score), int(number)) for score, number in rows]


def _fitting(filters: ContactFilter, best: list[Place]) -> list[Place]:
    parts, args = ["c.merged_into IS NULL"], {"ids": [number for _, number in best]}
    if filters.kind != "all":
        parts.append("c.known" if filters.kind == "known" else "NOT c.known")
    rows = db.fetch(
        "SELECT c.contact_id FROM contact c WHERE c.contact_id = ANY(%(ids)s)"
        f" AND {' AND '.join(parts)}",
        args,
    )
    fits = {number for (number,) in rows}
    return [place for place in best if place[1] in fits]


def _joined(filters: ContactFilter, after: Place | None, limit: int) -> list[Place]:
    """Where a search or a rule names the contacts, they are collected first."""
    found = where(filters, apart=bool(filters.search.strip()))
    args: dict[str, Any] = {**found.params, "limit": limit}
    keyset = ""
    if after is not None:
        keyset = " AND (coalesce(s.score, 0), c.contact_id) < (%(score)s, %(id)s)"
        args |= {"score": after[0], "id": after[1]}
    rows = db.fetch(
        "SELECT coalesce(s.score, 0), c.contact_id FROM contact c"
        " LEFT JOIN standing s ON s.contact_id = c.contact_id"
        f" WHERE {found.sql}{keyset} ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s",
        args,
    )
    return [(int(score), int(number)) for score, number in rows]


def _page(found: list[Place], limit: int) -> Page[ContactRow]:
    rows = by_ids([number for _, number in found[:limit]])
    return Page(rows=rows, next=_text(found[limit - 1]) if len(found) > limit else "")


def _text(place: Place) -> str:
    return f"{place[0]}.{place[1]}"


def _place(text: str) -> Place | None:
    score, dot, number = text.partition(".")
    if not dot or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    digits = score.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    return int(score), int(number)
