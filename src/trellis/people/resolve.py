"""From identities to contacts, for a whole batch at once.

One look-up reads all identities of the batch, ``decide`` joins in memory, and the changes
are written in bulk. Every contact named is locked, in order of its number; whatever another
worker changed between look-up and lock is noticed, and the batch is decided again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from trellis.core import db, sql
from trellis.core.errors import Conflict
from trellis.people import duplicates, normal
from trellis.people.decide import Decider, Found, Person, Strong
from trellis.people.types import Claim, Clash, Ident, Merged, Resolution

TRIES = 8
"""How often a batch is decided again before the caller must begin anew."""

_SQL = sql.load(__package__, "resolve")


class Race(Conflict):
    """Another worker changed the same people at the same moment; begin anew."""

    code = "race"


def resolve(claims: Sequence[Claim], now: datetime) -> Resolution:
    """Find or make the contact of each claim; must run inside a transaction.

    Raises ``Race`` where other workers keep changing the same people.
    """
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _once(claims, now)
        except Race:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _once(claims: Sequence[Claim], now: datetime) -> Resolution:
    world = _read(claims)
    decider = Decider(*world)
    times = [claim.at for claim in claims]
    order = sorted(range(len(claims)), key=times.__getitem__)
    placed: list[Person | None] = [None] * len(claims)
    for i in order:
        placed[i] = decider.place(claims[i])
    fresh = [person for person in decider.new if person.parent is None]
    _number(fresh)
    _lock(decider, claims, placed, fresh)
    if decider.structural:
        _verify(decider.structural, world)
    _write(decider, world[0], fresh, now)
    return Resolution(
        contact_ids=[person.root.id if person else 0 for person in placed],
        created=[person.id for person in fresh],
        identified=_identified(decider),
        merges=_merges(decider),
        clashes=_clashes(decider),
        tied=frozenset(decider.tied),
    )


World = tuple[dict[Ident, Found], dict[int, Found], dict[int, Strong]]


def _read(claims: Sequence[Claim]) -> World:
    idents: set[Ident] = set()
    named: set[int] = set()
    shown_too: set[int] = set()
    several: set[Ident] = set()
    told = {(c.ids, c.contact_id or c.clicked, c.previous) for c in claims}
    for ids, number, previous in told:
        shown = ids if previous is None else (*ids, previous)
        idents.update(shown)
        if number:
            named.add(number)
        if number and shown:
            shown_too.add(number)
        if len(shown) > 1 or number:
            several.update(shown)
    found = _look(idents)
    contacts = _follow(named)
    owners = {
        found[ident].contact_id
        for ident in several
        if ident[0] != normal.DEVICE and ident in found
    }
    owners.update(contacts[number].contact_id for number in shown_too & contacts.keys())
    return found, contacts, _strong(owners)


def _look(idents: set[Ident]) -> dict[Ident, Found]:
    if not idents:
        return {}
    kinds = [kind for kind, _ in idents]
    values = [value for _, value in idents]
    rows = db.hot(_SQL["look"], [kinds, values])
    return {(k, v): Found(contact, known, shared) for k, v, contact, known, shared in rows}


def _follow(named: set[int]) -> dict[int, Found]:
    """The survivors of the contacts named; those that are gone are missing."""
    rows: dict[int, tuple[bool, int | None]] = {}
    asked = set(named)
    while asked:
        for number, known, into in db.hot(_SQL["contacts"], [list(asked)]):
            rows[number] = (known, into)
        asked = {into for _, into in rows.values() if into is not None and into not in rows}
    out: dict[int, Found] = {}
    for number in named & rows.keys():
        last = number
        while (into := rows[last][1]) is not None:
            last = into
        out[number] = Found(last, rows[last][0], False)
    return out


def _strong(owners: set[int]) -> dict[int, Strong]:
    out: dict[int, Strong] = {}
    if owners:
        for number, kind, value in db.hot(_SQL["strong"], [list(owners)]):
            out.setdefault(number, {}).setdefault(kind, set()).add(value)
    return out


def _number(fresh: list[Person]) -> None:
    if fresh:
        rows = db.hot(_SQL["new_ids"], [len(fresh)])
        for person, (number,) in zip(fresh, rows, strict=True):
            person.id = number


def _lock(
    decider: Decider,
    claims: Sequence[Claim],
    placed: Sequence[Person | None],
    fresh: list[Person],
) -> None:
    """Lock everybody named or joined; new contacts get their standing instead."""
    spans: dict[int, tuple[float | None, float | None]] = {}
    for person in (*decider.joined, *decider.lost.values()):
        if person.id > 0:
            spans[person.id] = (None, None)
    for claim, owner in zip(claims, placed, strict=True):
        if owner is None:
            continue
        number = owner.root.id
        first, last = spans.get(number, (None, None))
        if claim.seen:
            first = claim.at if first is None or claim.at < first else first
            last = claim.at if last is None or claim.at > last else last
        spans[number] = (first, last)
    born = {person.id for person in fresh}
    old = sorted(spans.keys() - born)
    locked = len(db.hot(_SQL["lock"], _spans(old, spans))) if old else 0
    if locked < len(old):
        _mend(old, spans)
    if born:
        fallback = min((claim.at for claim in claims), default=0.0)
        full = {n: (f or fallback, u or fallback) for n, (f, u) in spans.items() if n in born}
        for number in born - full.keys():
            full[number] = (fallback, fallback)
        db.hot(_SQL["stand"], _spans(sorted(full), full))


def _mend(old: list[int], spans: dict[int, Any]) -> None:
    """Some contact has no standing: merged away meanwhile, or stored without one."""
    rows = db.hot(_SQL["contacts"], [old])
    if len(rows) < len(old) or any(into is not None for _, _, into in rows):
        raise Race
    full = {n: (spans[n][0] or 0.0, spans[n][1] or 0.0) for n in old}
    db.hot(_SQL["stand"], _spans(old, full))


def _spans(numbers: list[int], spans: dict[int, Any]) -> list[Any]:
    def time(value: float | None) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)

    return [
        numbers,
        [time(spans[number][0]) for number in numbers],
        [time(spans[number][1]) for number in numbers],
    ]


def _verify(structural: set[Claim], world: World) -> None:
    """Under the locks, the people about to be joined must still be as they were read."""
    found, contacts, strong = _read(list(structural))
    idents = {ident for claim in structural for ident in _shown(claim)}
    same = (
        all(world[0].get(ident) == found.get(ident) for ident in idents)
        and all(world[1].get(number) == row for number, row in contacts.items())
        and all(world[2].get(number) == row for number, row in strong.items())
    )
    if not same:
        raise Race


def _shown(claim: Claim) -> tuple[Ident, ...]:
    return claim.ids if claim.previous is None else (*claim.ids, claim.previous)


def _write(
    decider: Decider, found: dict[Ident, Found], fresh: list[Person], now: datetime
) -> None:
    _write_identities(decider, now)
    if fresh:
        numbers = [person.id for person in fresh]
        known = [person.known for person in fresh]
        db.hot(_SQL["add_contacts"], [now, now, numbers, known])
    _write_shared(decider, found)
    identified = _identified(decider)
    if identified and len(db.hot(_SQL["know"], [now, identified])) < len(identified):
        raise Race
    if clashes := _clashes(decider):
        columns = [
            [c.contact_id for c in clashes],
            [c.other_id for c in clashes],
            [c.ident[0] for c in clashes],
            [c.ident[1] for c in clashes],
            [c.reason for c in clashes],
        ]
        db.hot(_SQL["add_clashes"], [now, *columns])
        duplicates.note(c.contact_id for c in clashes)


def _write_identities(decider: Decider, now: datetime) -> None:
    if not decider.attached:
        return
    idents = list(decider.attached)
    kinds, values = [kind for kind, _ in idents], [value for _, value in idents]
    shared = [ident in decider.shared for ident in idents]
    owners = [
        decider.stand_ins[ident].root.id
        if ident in decider.stand_ins
        else 0
        if ident in decider.shared
        else person.root.id
        for ident, person in decider.attached.items()
    ]
    added = db.hot(_SQL["add_identities"], [now, kinds, values, owners, shared])
    if len(added) < len(idents):
        raise Race
    db.hot(_SQL["add_mirror"], [kinds, values, owners])


def _write_shared(decider: Decider, found: dict[Ident, Found]) -> None:
    shared = sorted(decider.shared - decider.shared_before - decider.attached.keys())
    if shared:
        kinds, values = [kind for kind, _ in shared], [value for _, value in shared]
        if len(db.hot(_SQL["share"], [kinds, values])) < len(shared):
            raise Race
        owners = [found[ident].contact_id for ident in shared]
        db.hot(_SQL["drop_mirror"], [kinds, values, owners])
    stand_ins = sorted(decider.stand_ins.keys() - decider.attached.keys())
    if stand_ins:
        kinds, values = [kind for kind, _ in stand_ins], [value for _, value in stand_ins]
        owners = [decider.stand_ins[ident].root.id for ident in stand_ins]
        if len(db.hot(_SQL["stand_in"], [kinds, values, owners])) < len(stand_ins):
            raise Race
        db.hot(_SQL["add_mirror"], [kinds, values, owners])


def _identified(decider: Decider) -> list[int]:
    """Stored anonymous contacts that became known."""
    return sorted(
        person.id
        for person in decider.persons.values()
        if person.parent is None and person.known and not person.born_known
    )


def _merges(decider: Decider) -> list[Merged]:
    stored = decider.persons.values()
    return [Merged(p.root.id, p.id, p.reason) for p in stored if p.parent is not None]


def _clashes(decider: Decider) -> list[Clash]:
    rows = (
        Clash(anchor.root.id, owner.root.id, ident, reason)
        for (_, _, ident), (anchor, owner, reason) in decider.clashes.items()
    )
    return [row for row in rows if row.contact_id != row.other_id]
