"""What people and programs can do with contacts: the only doors besides facts.

Each checks the right, locks the contact, writes the trail, and tells the log, so that the
contact is derived again within a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.people import attributes, duplicates, normal, purge, told
from trellis.people import merge as merging
from trellis.people import undo as undoing
from trellis.people.attributes import Change
from trellis.people.models import (
    Company,
    Contact,
    ContactIdentity,
    Identity,
    IdentityConflict,
    Merge,
)
from trellis.people.resolve import resolve
from trellis.people.types import Claim, Ident, Merged
from trellis.people.values import flatten

ADDRESSES = (normal.EMAIL, normal.PHONE)
COMPARED = (
    "email", "phone", "first_name", "last_name", "locale", "time_zone", "country", "city",
    "company_id", "attributes",
)  # fmt: skip
"""What people edit of a contact."""
CHUNK = 1_000
"""Contacts that a change of many locks at a time."""


def create_contact(actor: Actor, traits: Mapping[str, Any], ids: Iterable[Ident] = ()) -> int:
    """Add a contact with at least one identity (email and phone count); returns its number.

    Raises ``Conflict`` (with ``contact_id``) where somebody has one of them already, and
    ``InvalidInput`` for a value that does not fit its field.
    """
    require(actor, "contacts.write")
    wanted = _idents([*ids, *_addresses(traits)], traits)
    if not wanted:
        raise InvalidInput("A contact needs an email, a phone number or another identity.")
    now = clock.now()
    with transaction.atomic():
        for kind, value in wanted:
            _refuse_taken(kind, value, 0)
        (number,) = resolve([Claim(now.timestamp(), tuple(wanted))], now).contact_ids
        _apply(actor, number, traits, now)
        audit.record(actor, "contact.create", "contact", number, _name(number))
        told.tell(number, told.CHANGED, {"by": actor.label, "fields": sorted(traits)})
    return number


def version_of(contact_id: int) -> int:
    """What ``update_contact`` compares: another where a field or attribute of it is."""
    row = Contact.objects.filter(contact_id=contact_id).values(*COMPARED).first()
    return versions.fingerprint(row or {})


def update_contact(
    actor: Actor,
    contact_id: int,
    traits: Mapping[str, Any],
    version: int | None = None,
    was: Mapping[str, Any] | None = None,
) -> None:
    """Set fields and attributes of a contact; None empties one. A new email or phone
    becomes an identity; ``Conflict`` where it is somebody else's.

    ``version`` is the one the change was made to (``accounts.versions``). ``was`` holds what
    stood in these fields instead: what changed in others meanwhile is no matter then.
    """
    require(actor, "contacts.write")
    now = clock.now()
    with transaction.atomic():
        contact = _held(contact_id)
        _check_version(contact, traits, version, was)
        for kind, value in _idents(_addresses(traits), traits):
            _give(contact_id, kind, value)
        before = {key: getattr(contact, key, None) for key in traits if hasattr(contact, key)}
        _apply(actor, contact_id, traits, now)
        change = {key: [before.get(key), traits[key]] for key in traits}
        audit.record(actor, "contact.update", "contact", contact_id, str(contact), change)
        told.tell(contact_id, told.CHANGED, {"by": actor.label, "fields": sorted(traits)})


def _check_version(
    contact: Contact,
    traits: Mapping[str, Any],
    version: int | None,
    was: Mapping[str, Any] | None,
) -> None:
    if version is None and was is None:
        return
    stands = {key: _stands(contact, key) for key in traits}
    stood = version_of(contact.contact_id)
    if was is not None:
        stands = {key: now for key, now in stands.items() if now != _filled(was.get(key))}
        stood, version = versions.fingerprint(stands), versions.fingerprint({})
    wanted = {key: traits[key] for key in stands}
    said: Mapping[str, Any] = next(
        (contact.provenance[key] for key in stands if key in contact.provenance), {}
    )
    versions.check(
        stood,
        version,
        stands,
        wanted,
        of=("contact", contact.contact_id),
        by=str(said.get("src", "")),
        at=datetime.fromisoformat(said["at"]) if said.get("at") else None,
    )


def _stands(contact: Contact, key: str) -> Any:
    if key == "company":
        return (
            Company.objects.filter(pk=contact.company_id or 0)
            .values_list("name", flat=True)
            .first()
        )
    value = getattr(contact, key) if key in COMPARED else contact.attributes.get(key)
    return _filled(value)


def _filled(value: Any) -> Any:
    return None if value in ("", []) else value


def set_attribute(actor: Actor, contact_ids: Iterable[int], key: str, value: Any) -> int:
    """Set one attribute of many contacts; returns of how many. Those that are merged or
    gone are passed over. Raises ``InvalidInput`` where the value does not fit the key."""
    require(actor, "contacts.write")
    wanted, done, now = sorted(set(contact_ids)), 0, clock.now()
    for start in range(0, len(wanted), CHUNK):
        with transaction.atomic():
            chunk = wanted[start : start + CHUNK]
            purge.lock(chunk)
            live = Contact.objects.filter(contact_id__in=chunk, merged_into__isnull=True)
            numbers = sorted(live.values_list("contact_id", flat=True))
            said = [Change(n, now.timestamp(), actor.label, {key: value}) for n in numbers]
            if refused := attributes.apply(said, now):
                raise InvalidInput(
                    f"{key}: {refused[0].reason}", fields={key: refused[0].reason}
                )
            told.tell_all(numbers, told.CHANGED, {"by": actor.label, "fields": [key]})
            done += len(numbers)
            audit.record(
                actor,
                "contact.set_attribute",
                "contact",
                "",
                f"{key} of {len(numbers)} contacts",
            )
    return done


def keep_apart(actor: Actor, one_id: int, other_id: int) -> None:
    """Say that two contacts are two people; they are not proposed again. Raises ``Conflict``
    where somebody merged them meanwhile."""
    require(actor, "contacts.write")
    now = clock.now()
    with transaction.atomic():
        purge.lock([one_id, other_id])
        _both(one_id, other_id)
        if not duplicates.decide(one_id, other_id, "apart", now, actor.label):
            raise Conflict(_("The two were merged meanwhile."))
        _settle([one_id, other_id], now)
        summary = f"{one_id} and {other_id} are two people"
        audit.record(actor, "contact.keep_apart", "contact", one_id, summary)


def doubt(actor: Actor, one_id: int, other_id: int) -> None:
    """Take back that two contacts are two people: the pair is looked at again."""
    require(actor, "contacts.write")
    now = clock.now()
    with transaction.atomic():
        _both(one_id, other_id)
        duplicates.decide(one_id, other_id, "open", now, actor.label)
        duplicates.note([one_id, other_id])
        summary = f"{one_id} and {other_id} may be one person"
        audit.record(actor, "contact.doubt", "contact", one_id, summary)


def add_identity(actor: Actor, contact_id: int, kind: str, value: str) -> None:
    """Give a contact another identity; ``Conflict`` where it is somebody else's."""
    require(actor, "contacts.write")
    with transaction.atomic():
        contact = _held(contact_id)
        ((kind, value),) = _idents([(kind, value)], {})
        _give(contact_id, kind, value)
        summary = f"{contact}: {kind}"
        audit.record(actor, "contact.add_identity", "contact", contact_id, summary)
        told.tell(contact_id, told.CHANGED, {"by": actor.label, "fields": [kind]})


def remove_identity(actor: Actor, contact_id: int, kind: str, value: str) -> None:
    """Take an identity away; the field that shows it is emptied with it."""
    require(actor, "contacts.write")
    now = clock.now()
    with transaction.atomic():
        contact = _held(contact_id)
        rows = ContactIdentity.objects.filter(contact_id=contact_id, kind=kind, value=value)
        if not rows.delete()[0]:
            raise NotFound("The contact has no such identity.", kind=kind, value=value)
        Identity.objects.filter(kind=kind, value=value, contact_id=contact_id).delete()
        if kind in ADDRESSES and getattr(contact, kind) == value:
            _apply(actor, contact_id, {kind: None}, now)
        summary = f"{contact}: {kind}"
        audit.record(actor, "contact.remove_identity", "contact", contact_id, summary)
        told.tell(contact_id, told.CHANGED, {"by": actor.label, "fields": [kind]})


def merge(actor: Actor, winner_id: int, loser_id: int) -> int:
    """Link ``loser_id`` into ``winner_id`` by hand; returns the number of the merge. Raises
    ``Conflict`` that says who did it where somebody was quicker."""
    require(actor, "contacts.write")
    if winner_id == loser_id:
        raise InvalidInput(_("A contact cannot be merged with itself."))
    now = clock.now()
    with transaction.atomic():
        purge.lock([winner_id, loser_id])
        winner, loser = _both(winner_id, loser_id)
        merging.merge([Merged(winner_id, loser_id, "hand")], now, actor.label)
        _settle([winner_id, loser_id], now)
        number = Merge.objects.filter(loser_id=loser_id, contact_id=winner_id).latest("at")
        audit.record(actor, "contact.merge", "contact", winner_id, f"{loser} into {winner}")
        told.tell(winner_id, told.MERGED, {"loser_id": loser_id, "reason": "hand"})
    return number.merge_id


def merge_sure(actor: Actor, pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Merge pairs that the queue holds for sure, each into its older contact; returns how
    many were merged, and how many not because they changed or are not sure any more. Each
    pair is a transaction of its own; a chain of pairs ends in one contact."""
    require(actor, "contacts.write")
    done = 0
    into: dict[int, int] = {}
    for one, other in pairs:
        found = duplicates.between(one, other)
        if found is None or found.state != "open" or not found.sure:
            continue
        low, high = sorted((into.get(one, one), into.get(other, other)))
        if low == high:
            continue
        try:
            merge(actor, low, high)
        except (Conflict, NotFound):
            continue
        into |= {old: low for old, new in into.items() if new == high} | {high: low}
        done += 1
    return done, len(pairs) - done


def undo_merge(actor: Actor, merge_id: int) -> int:
    """Take a merge apart again; returns the contact that came back. Facts that arrived
    after the merge stay with the survivor."""
    require(actor, "contacts.write")
    now = clock.now()
    with transaction.atomic():
        row = undoing.undo(merge_id, now)
        duplicates.follow_undo(row.contact_id, row.loser_id, now, actor.label)
        summary = f"{row.loser_id} out of {row.contact_id}"
        audit.record(actor, "contact.undo_merge", "contact", row.contact_id, summary)
        for number in (row.contact_id, row.loser_id):
            told.tell(number, told.UNDONE, {"merge_id": merge_id, "by": actor.label})
    return row.loser_id


def erase(actor: Actor, contact_id: int, reason: str) -> None:
    """Erase a person: all rows of the contact and of those merged into it. What stays is
    that there was a contact of this number. Suppressed addresses stay suppressed."""
    require(actor, "contacts.erase")
    if not reason.strip():
        raise InvalidInput("Erasing a person needs a reason.")
    now = clock.now()
    with transaction.atomic():
        _held(contact_id)
        numbers = purge.family(contact_id)
        purge.lock(numbers)
        purge.remove(numbers)
        purge.entomb(numbers, now, actor.label, reason.strip()[:120])
        audit.record(actor, "contact.erase", "contact", contact_id, reason.strip())


def _held(contact_id: int) -> Contact:
    """The contact, kept from batches until the transaction ends."""
    purge.lock([contact_id])
    contact = Contact.objects.filter(contact_id=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.", contact_id=contact_id)
    if contact.merged_into is not None:
        raise Conflict(
            f"This contact was merged into {contact.merged_into}.",
            contact_id=contact_id,
            merged_into=contact.merged_into,
        )
    return contact


def _both(one_id: int, other_id: int) -> tuple[Contact, Contact]:
    """Two contacts that stand on their own; ``InvalidInput`` where they are one and the same;
    where one was merged, ``Conflict`` says by whom and into whom."""
    if one_id == other_id:
        raise InvalidInput(_("These are one contact, not two."))
    rows = Contact.objects.in_bulk([one_id, other_id])
    for number in (one_id, other_id):
        if number not in rows:
            raise NotFound(_("There is no contact %(n)d.") % {"n": number}, contact_id=number)
    for number in (other_id, one_id):
        into = rows[number].merged_into
        if into is None:
            continue
        last = Merge.objects.filter(loser_id=number, undone_at=None).order_by("-at").first()
        who = last.actor.partition(" ")[2] or last.actor if last else "system"
        raise Conflict(
            _("%(who)s merged contact %(n)d into contact %(into)d meanwhile. Nothing changed.")
            % {"who": who, "n": number, "into": into},
            contact_id=number,
            merged_into=into,
            merged_by=who,
        )
    return rows[one_id], rows[other_id]


def _addresses(traits: Mapping[str, Any]) -> list[Ident]:
    given = dict(flatten(traits))
    return [(kind, str(given[kind])) for kind in ADDRESSES if given.get(kind)]


def _idents(ids: Iterable[Ident], traits: Mapping[str, Any]) -> list[Ident]:
    country = str(traits.get("country") or "")
    region = country.upper() if len(country) == 2 else None
    out: list[Ident] = []
    for kind, value in ids:
        normalised = normal.normalise(kind, value, region)
        if normalised is None:
            raise InvalidInput(f"{value!r} is not a valid {kind}.", field=kind)
        if (kind, normalised) not in out:
            out.append((kind, normalised))
    return out


def _refuse_taken(kind: str, value: str, contact_id: int) -> bool:
    """Whether nobody has the identity; ``Conflict`` where another contact does."""
    owner = Identity.objects.filter(kind=kind, value=value).first()
    if owner is not None and owner.contact_id != contact_id:
        raise Conflict(
            f"Another contact has this {kind.replace('_', ' ')}.",
            field=kind,
            contact_id=owner.contact_id,
        )
    return owner is None


def _give(contact_id: int, kind: str, value: str) -> None:
    if not _refuse_taken(kind, value, contact_id):
        return
    now = clock.now()
    Identity.objects.create(kind=kind, value=value, contact_id=contact_id, created_at=now)
    ContactIdentity.objects.create(kind=kind, value=value, contact_id=contact_id)
    if kind != normal.DEVICE:
        Contact.objects.filter(contact_id=contact_id).update(known=True)


def _apply(actor: Actor, contact_id: int, traits: Mapping[str, Any], now: datetime) -> None:
    ready = dict(traits)
    for kind, value in _idents(_addresses(traits), traits):
        ready[kind] = value
    change = Change(contact_id, now.timestamp(), actor.label, ready)
    refused = attributes.apply([change], now)
    if refused:
        raise InvalidInput(
            "; ".join(f"{item.key}: {item.reason}" for item in refused),
            fields={item.key: item.reason for item in refused},
        )


def _settle(numbers: Sequence[int], now: datetime) -> None:
    """Entries of the duplicates queue about two contacts that are one now."""
    IdentityConflict.objects.filter(
        contact_id__in=numbers, other_id__in=numbers, settled_at__isnull=True
    ).update(settled_at=now)


def _name(contact_id: int) -> str:
    return str(Contact.objects.get(contact_id=contact_id))
