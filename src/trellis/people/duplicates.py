"""Finding contacts that may be one person, and what was decided about them.

Whoever changes a contact notes it as due. The job takes some of what is due, writes their
keys, compares them with those who share one, and puts the pairs into the queue; a key that
many share says nothing and is passed over, so the work grows with what changed and never
with the square of the contacts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import transaction

from trellis.core import clock, counters, db, sql
from trellis.people import likeness, masking
from trellis.people.likeness import Being, Reason, Together

CHUNK = 1_000
"""Contacts looked at in one transaction."""
CROWD = 20
"""Contacts that may share a key; more of them make it common, and it is passed over."""
RUN = 100
"""Chunks of one job; the next one goes on."""
TOGETHER = 5_000
"""Open questions read for a chunk."""

_SQL = sql.load(__package__, "duplicates")
_encode = msgspec.json.Encoder().encode
_OTHER = ("mail", "phone", "mobile", "tel")
"""Attributes with one of these in their key are addresses too."""
LIKE = frozenset({"email", "phone", "first_name", "last_name", "company", "city", "country"})
"""Fields whose change makes a contact due."""

Pair = tuple[int, int]
Found = dict[Pair, tuple[int, tuple[Reason, ...]]]


def matters(key: str) -> bool:
    """Whether a change of this field or attribute may make somebody like somebody else."""
    return key in LIKE or any(part in key for part in _OTHER)


def note(contact_ids: Iterable[int]) -> None:
    """Have the duplicates of these contacts looked for again."""
    ids = sorted(set(contact_ids))
    if ids:
        db.run(_SQL["note"], [ids])


def work(limit: int = RUN) -> int:
    """Look at what is due, a chunk per transaction; returns at how many contacts."""
    total = 0
    for _chunk in range(limit):
        with transaction.atomic(), counters.together():
            looked = find(clock.now())
        total += looked
        if not looked:
            break
    return total


def find(now: datetime, limit: int = CHUNK) -> int:
    """Look at some contacts that are due, in the caller's transaction."""
    due = db.fetch(_SQL["due"], [limit])
    if not due:
        return 0
    ids = sorted({number for number, _ in due})
    beings = _beings(ids)
    _write_keys(ids, beings)
    pairs = _pairs(beings)
    _put(ids, pairs, now)
    db.run(_SQL["looked_at"], [[row[0] for row in due], [row[1] for row in due]])
    return len(ids)


def _beings(ids: Sequence[int]) -> dict[int, Being]:
    named: dict[int, dict[str, list[str]]] = {}
    for number, kind, value in db.fetch(_SQL["named"], [list(ids)]):
        named.setdefault(number, {}).setdefault(kind, []).append(value)
    return {
        row[0]: _being(row, named.get(row[0], {}))
        for row in db.fetch(_SQL["beings"], [list(ids)])
    }


def _being(row: Sequence[Any], named: Mapping[str, list[str]]) -> Being:
    number, first, last, email, phone, company_id, company, city, country, attributes = row
    emails, phones = [email, *named.get("email", [])], [phone, *named.get("phone", [])]
    if isinstance(attributes, str | bytes):
        attributes = msgspec.json.decode(attributes)
    for key, value in attributes.items():
        if isinstance(value, str | int) and any(part in key for part in _OTHER):
            (emails if "mail" in key else phones).append(str(value))
    return Being(
        contact_id=number,
        name=f"{first} {last}".strip(),
        emails=tuple(dict.fromkeys(filter(None, emails))),
        phones=tuple(dict.fromkeys(filter(None, phones))),
        user_ids=tuple(named.get("user_id", [])),
        company_id=company_id,
        company=company,
        city=city,
        country=country,
    )


def _write_keys(ids: Sequence[int], beings: Mapping[int, Being]) -> None:
    rows = [(one.contact_id, key) for one in beings.values() for key in likeness.keys(one)]
    args = {
        "ids": list(ids),
        "contacts": [number for number, _ in rows],
        "keys": [key for _, key in rows],
    }
    db.run(_SQL["drop_keys"], args)
    db.run(_SQL["add_keys"], args)


def _pairs(beings: Mapping[int, Being]) -> Found:
    """The pairs that are alike enough to be shown."""
    holders = _holders(beings)
    together = _together(beings)
    wanted = set(together)
    for one in beings.values():
        for key in likeness.keys(one):
            crowd = holders.get(key, ())
            if len(crowd) <= CROWD:
                wanted |= {_pair(one.contact_id, other) for other in crowd}
    wanted = {pair for pair in wanted if pair[0] != pair[1]}
    everybody = dict(beings)
    everybody |= _beings(sorted({number for pair in wanted for number in pair} - beings.keys()))
    found: Found = {}
    for pair in wanted:
        if pair[0] not in everybody or pair[1] not in everybody:
            continue
        one, other = everybody[pair[0]], everybody[pair[1]]
        bearers = max(len(holders.get(likeness.name_key(who), ())) for who in (one, other))
        said = likeness.compare(one, other, together.get(pair, ()), bearers)
        if said[0] >= likeness.OPEN_FROM or pair in together:
            found[pair] = said
    return found


def _holders(beings: Mapping[int, Being]) -> dict[int, list[int]]:
    """Who shares each key of these contacts; those that are too common are counted."""
    asked = sorted({key for one in beings.values() for key in likeness.keys(one)})
    holders: dict[int, list[int]] = {}
    for key, number in db.fetch(_SQL["sharing"], [asked, CROWD + 1]):
        holders.setdefault(key, []).append(number)
    common = sum(len(crowd) > CROWD for crowd in holders.values())
    counters.add({("duplicates", "too_common"): common})
    return holders


def _together(beings: Mapping[int, Being]) -> dict[Pair, list[Together]]:
    found: dict[Pair, list[Together]] = {}
    args = {"ids": sorted(beings), "limit": TOGETHER}
    for one, other, kind, value in db.fetch(_SQL["together"], args):
        found.setdefault(_pair(one, other), []).append(Together(kind, value))
    return found


def _put(ids: Sequence[int], pairs: Found, now: datetime) -> None:
    order = sorted(pairs)
    args = {
        "ids": list(ids),
        "contacts": [one for one, _ in order],
        "others": [other for _, other in order],
        "confidence": [pairs[pair][0] for pair in order],
        "reasons": [
            _encode([reason._asdict() for reason in pairs[pair][1]]).decode() for pair in order
        ],
        "now": now,
    }
    db.run(_SQL["forget"], args)
    if order:
        db.run(_SQL["put"], args)


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def follow_merge(pairs: Collection[tuple[int, int]], now: datetime, actor: str) -> None:
    """Let the queue follow merges of known contacts, given as (winner, loser)."""
    if not pairs:
        return
    winners, losers = [winner for winner, _ in pairs], [loser for _, loser in pairs]
    args = {"winners": winners, "losers": losers, "now": now, "actor": actor}
    db.run(_SQL["clear_keys"], [losers])
    db.run(_SQL["merged"], args)
    db.run(_SQL["inherit"], args)
    db.run(_SQL["drop_open"], {"losers": losers})
    note(winners)


def follow_undo(winner: int, loser: int, now: datetime, actor: str) -> None:
    """Remember after an undone merge that the two are not one person."""
    db.run(_SQL["disinherit"], {"loser": loser})
    db.run(_SQL["undone"], {"winner": winner, "loser": loser, "now": now, "actor": actor})
    note([winner, loser])


def decide(one: int, other: int, state: str, now: datetime, actor: str) -> bool:
    """Write a person's word on a pair (apart, or open again); false where the two were
    merged meanwhile."""
    low, high = _pair(one, other)
    at = None if state == "open" else now
    said = {"one": low, "other": high, "state": state, "now": now, "at": at}
    return db.run(_SQL["decide"], {**said, "actor": actor if at else ""}) > 0


def forget(contact_ids: Sequence[int]) -> None:
    """Take erased contacts out of the queue."""
    db.run(_SQL["unname"], {"ids": list(contact_ids)})


class Candidate(NamedTuple):
    """A pair of the queue with the reasons found."""

    contact_id: int
    other_id: int
    confidence: int
    reasons: tuple[Reason, ...]
    state: str
    found_at: datetime
    decided_at: datetime | None
    decided_by: str

    @property
    def sure(self) -> bool:
        """Whether it may be merged together with others."""
        return self.confidence >= likeness.SURE_FROM

    @property
    def position(self) -> str:
        """Where the pair stands in the queue, for the next page."""
        return f"{self.confidence}.{self.contact_id}.{self.other_id}"


def queue(
    state: str = "open", reason: str = "", after: str = "", limit: int = 25, sure: bool = False
) -> list[Candidate]:
    """Pairs: the open ones, the surest first, or those decided, the newest first. ``after``
    is the ``position`` of the last pair of the page before (open ones only)."""
    parts, args = ["d.state = %(state)s"], {"state": state, "limit": limit}
    order = "d.decided_at DESC NULLS LAST, d.contact_id, d.other_id"
    if state == "open":
        order = "d.confidence DESC, d.contact_id, d.other_id"
        parts = ["d.state = 'open'"]
    else:
        parts.append("d.decided_at IS NOT NULL")
    if reason:
        parts.append("d.reasons @> %(reason)s::jsonb")
        args["reason"] = _encode([{"code": reason}]).decode()
    if sure:
        parts.append(f"d.confidence >= {likeness.SURE_FROM}")
    if place := _place(after):
        parts.append(
            "(-d.confidence, d.contact_id, d.other_id) > (-%(confidence)s, %(one)s, %(two)s)"
        )
        parts.append("d.confidence <= %(confidence)s")
        args |= dict(zip(("confidence", "one", "two"), place, strict=True))
    text = _SQL["queue"].replace("{where}", " AND ".join(parts)).replace("{order}", order)
    return [_candidate(row) for row in db.fetch(text, args)]


def _place(text: str) -> tuple[int, ...] | None:
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    found = tuple(int(part) for part in parts)
    return found if max(found) < 2**63 else None


def between(one: int, other: int) -> Candidate | None:
    """What the queue knows of two contacts."""
    low, high = _pair(one, other)
    where = "d.contact_id = %(low)s AND d.other_id = %(high)s"
    text = _SQL["queue"].replace("{where}", where).replace("{order}", "d.contact_id")
    rows = db.fetch(text, {"low": low, "high": high, "limit": 1})
    return _candidate(rows[0]) if rows else None


def of_contact(contact_id: int, limit: int = 5) -> list[Candidate]:
    """The open pairs of one contact, the surest first."""
    where = "d.state = 'open' AND (d.contact_id = %(id)s OR d.other_id = %(id)s)"
    text = _SQL["queue"].replace("{where}", where)
    text = text.replace("{order}", "d.confidence DESC, d.contact_id, d.other_id")
    return [_candidate(row) for row in db.fetch(text, {"id": contact_id, "limit": limit})]


def counts(limit: int = 1_000) -> tuple[int, int]:
    """How many open pairs there are, and how many of them are sure; counted up to ``limit``."""
    ((n, sure),) = db.fetch(_SQL["counts"], {"limit": limit, "sure": likeness.SURE_FROM})
    return int(n), int(sure)


def _facts(code: str, facts: Mapping[str, str] | None) -> dict[str, str]:
    """The facts of a reason as the reader may see them."""
    found = dict(facts or {})
    if not masking.veiled():
        return found
    if "name" in code:
        return {key: masking.person_name(said) for key, said in found.items()}
    kind = {"same_phone": "phone", "same_mailbox": "email", "same_local_part": "email"}
    named = kind.get(code, found.get("kind", ""))
    return {
        key: said if key == "kind" else str(masking.value(named, said))
        for key, said in found.items()
    }


def _candidate(row: Sequence[Any]) -> Candidate:
    one, other, confidence, reasons, *rest = row
    if isinstance(reasons, str | bytes):
        reasons = msgspec.json.decode(reasons)
    found = tuple(
        Reason(item["code"], float(item["weight"]), _facts(item["code"], item.get("facts")))
        for item in reasons
    )
    return Candidate(one, other, confidence, found, *rest)
