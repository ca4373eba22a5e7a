"""Who is meant: the decision in memory, without a database.

The rules stand in ``docs/explanation/identity.md``. ``Decider.place`` is called once per
claim in order of time; afterwards its fields say what has to be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trellis.people import normal
from trellis.people.types import Claim, Ident

Strong = dict[str, set[str]]
"""The strong identities of a contact: kind → values."""


class Found(NamedTuple):
    """What the identity table says: the owner (0: none any more), and whether it is a
    device that identifies nobody."""

    contact_id: int
    known: bool
    shared: bool


class Person:
    """A contact during a decision. A negative ``id`` means it is new."""

    __slots__ = ("born_known", "id", "known", "parent", "reason", "strong")

    def __init__(self, number: int, known: bool, strong: Strong | None) -> None:
        self.id = number
        self.known = known
        self.born_known = known
        self.strong: Strong = {kind: set(values) for kind, values in (strong or {}).items()}
        self.parent: Person | None = None
        self.reason = ""

    @property
    def root(self) -> Person:
        """The survivor this person was joined into, or itself."""
        person = self
        while person.parent is not None:
            person = person.parent
        return person

    @property
    def users(self) -> set[str]:
        """The user ids of this person."""
        return self.strong.get(normal.USER_ID, set())


class Decider:
    """The state of one decision over a batch of claims.

    Afterwards: ``new`` people and ``joined`` ones, identities ``attached``, devices
    ``shared``, given a stand-in or ``tied`` by a click, ``clashes``, and the ``structural`` claims, which relied
    on what stood in the database and must be verified under the locks.
    """

    def __init__(
        self,
        found: Mapping[Ident, Found],
        contacts: Mapping[int, Found],
        strong: Mapping[int, Strong],
    ) -> None:
        self.persons: dict[int, Person] = {}
        self.new: list[Person] = []
        self.joined: list[Person] = []
        self.attached: dict[Ident, Person] = {}
        self.shared: set[Ident] = set()
        self.stand_ins: dict[Ident, Person] = {}
        self.clashes: dict[tuple[int, int, Ident], tuple[Person, Person, str]] = {}
        self.structural: set[Claim] = set()
        self.lost: dict[Ident, Person] = {}
        self.tied: set[Ident] = set()
        self._found = found
        self._strong = strong
        self._contacts = contacts
        self._owners: dict[Ident, Person] = {}
        self._placed: dict[tuple[object, ...], Person | None] = {}
        for ident, row in found.items():
            if row.contact_id:
                self._owners[ident] = self._person(row)
            if row.shared:
                self.shared.add(ident)
        self.shared_before = frozenset(self.shared)

    def place(self, claim: Claim) -> Person | None:
        """Whom ``claim`` belongs to; None where it names only a contact that is gone."""
        key = (claim.ids, claim.contact_id, claim.previous, claim.clicked)
        if key in self._placed:
            person = self._placed[key]
            return person.root if person else None
        before, shared = self._size(), len(self.shared)
        person = self._place(claim)
        if self._size() != before and (
            claim.contact_id or claim.clicked or self._stored(claim)
        ):
            self.structural.add(claim)
        if len(self.shared) != shared:
            self._placed.clear()
        self._placed[key] = person
        return person

    def _stored(self, claim: Claim) -> bool:
        """Whether an identity of the claim was there before; new ones check themselves
        when they are inserted."""
        return any(ident in self._found for ident in claim.ids) or (
            claim.previous is not None and claim.previous in self._found
        )

    def _size(self) -> tuple[int, ...]:
        return (
            len(self.joined),
            len(self.attached),
            len(self.shared),
            len(self.stand_ins),
            len(self.clashes),
        )

    def _person(self, row: Found) -> Person:
        person = self.persons.get(row.contact_id)
        if person is None:
            strong = self._strong.get(row.contact_id)
            person = Person(row.contact_id, row.known, strong)
            self.persons[row.contact_id] = person
        return person

    def _owner(self, ident: Ident) -> Person | None:
        person = self._owners.get(ident)
        return person.root if person else None

    def _place(self, claim: Claim) -> Person | None:
        strong, devices = _split(claim)
        anchor: Person | None = None
        if claim.contact_id:
            row = self._contacts.get(claim.contact_id)
            if row is None:
                return None
            anchor = self._person(row).root
        users = {value for kind, value in strong if kind == normal.USER_ID}
        anchor, pending = self._by_strong(strong, users, anchor)
        if pending:
            anchor = anchor or self._anonymous_owner(devices) or self._create(known=True)
            for ident in pending:
                self._attach(ident, anchor)
        if anchor is None and claim.clicked:
            anchor = self._by_click(claim.clicked, devices)
        return self._by_devices(devices, anchor)

    def _by_strong(
        self, strong: list[Ident], users: set[str], anchor: Person | None
    ) -> tuple[Person | None, list[Ident]]:
        pending: list[Ident] = []
        for ident in strong:
            owner = self._owner(ident)
            if owner is None:
                pending.append(ident)
            elif anchor is None:
                if pending and not _fits(owner, pending, users):
                    anchor = self._create(known=True)
                    self._clash(anchor, owner, ident, "other_person")
                else:
                    anchor = owner
            else:
                anchor = self._join(anchor, owner, ident, users)
        return anchor, pending

    def _by_devices(self, devices: list[Ident], anchor: Person | None) -> Person | None:
        for ident in devices:
            owner = self._owner(ident)
            if ident in self.shared:
                anchor = anchor or owner or self._stand_in(ident)
            elif owner is None:
                anchor = anchor or self._create(known=False)
                self._attach(ident, anchor)
            elif anchor is None:
                anchor = owner
            elif owner is not anchor:
                anchor = self._meet(anchor, owner, ident)
        return anchor

    def _by_click(self, number: int, devices: list[Ident]) -> Person | None:
        """The known contact whose message led here; None where somebody is known by one of
        the devices already, so that a forwarded message changes nothing."""
        row = self._contacts.get(number)
        for ident in devices:
            owner = self._owner(ident)
            if ident in self.shared or (owner is not None and owner.known):
                return None
        if row is None or not row.known:
            return None
        self.tied.update(devices)
        return self._person(row).root

    def _meet(self, anchor: Person, owner: Person, ident: Ident) -> Person:
        """A device of ``owner`` was used by ``anchor``."""
        if not owner.known:
            reason = "message_link" if ident in self.tied else "device"
            return self._union(anchor, owner, reason)
        if anchor.known:
            self.shared.add(ident)
            self.lost[ident] = owner
            self._owners.pop(ident, None)
        return anchor

    def _join(self, anchor: Person, owner: Person, ident: Ident, users: set[str]) -> Person:
        if owner is anchor:
            return anchor
        if not (anchor.known and owner.known):
            return self._union(anchor, owner, "identified")
        same = bool(anchor.users & users) or not anchor.users
        if users and same and owner.users <= users:
            return self._union(anchor, owner, "user_id")
        self._clash(anchor, owner, ident, "two_users" if users else "no_user_id")
        return anchor

    def _union(self, one: Person, two: Person, reason: str) -> Person:
        """Join two people. A new one yields to a stored one, which costs nothing; an
        anonymous one to a known one; else the younger to the older."""
        winner, loser = sorted((one, two), key=_precedence)
        loser.parent = winner
        loser.reason = reason
        winner.known = winner.known or loser.known
        for kind, values in loser.strong.items():
            winner.strong.setdefault(kind, set()).update(values)
        self.joined.append(loser)
        return winner

    def _clash(self, anchor: Person, owner: Person, ident: Ident, reason: str) -> None:
        self.clashes.setdefault((anchor.id, owner.id, ident), (anchor, owner, reason))

    def _create(self, *, known: bool) -> Person:
        person = Person(-1 - len(self.new), known, None)
        self.new.append(person)
        return person

    def _attach(self, ident: Ident, person: Person) -> None:
        self.attached[ident] = person
        self._owners[ident] = person
        if ident[0] != normal.DEVICE:
            person.known = True
            person.strong.setdefault(ident[0], set()).add(ident[1])

    def _anonymous_owner(self, devices: list[Ident]) -> Person | None:
        for ident in devices:
            owner = self._owner(ident)
            if owner is not None and not owner.known and ident not in self.shared:
                return owner
        return None

    def _stand_in(self, ident: Ident) -> Person:
        """The anonymous contact that keeps what a shared device does without a name."""
        person = self._create(known=False)
        self.stand_ins[ident] = person
        self._owners[ident] = person
        return person


def _split(claim: Claim) -> tuple[list[Ident], list[Ident]]:
    ids = claim.ids if claim.previous is None else (*claim.ids, claim.previous)
    devices = [ident for ident in ids if ident[0] == normal.DEVICE]
    strong = [ident for ident in claim.ids if ident[0] != normal.DEVICE]
    if len(strong) > 1:
        strong.sort(key=lambda ident: (normal.strength(ident[0]), ident))
    if claim.previous is not None and claim.previous[0] != normal.DEVICE:
        strong.append(claim.previous)
    return strong, devices


def _fits(owner: Person, pending: list[Ident], users: set[str]) -> bool:
    """Whether identities nobody has yet may be the owner's too."""
    if users:
        return owner.users <= users
    return not any(owner.strong.get(kind) for kind, _ in pending)


def _precedence(person: Person) -> tuple[bool, bool, int]:
    return (person.id < 0, not person.known, abs(person.id))
