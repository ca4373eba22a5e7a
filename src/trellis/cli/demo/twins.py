"""People who stand twice in the demo company, as people do: another form of an address, a
second number, a slip of the pen, one fact that named two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from trellis.people import duplicates
from trellis.people.likeness import fold
from trellis.people.models import Contact, ContactIdentity, Identity, IdentityConflict
from trellis.people.provenance import entry

ROUNDS = 3
"""How often each kind of twin occurs."""


def make(numbers: range, now: datetime) -> None:
    """Rewrite some known contacts of the history so that they look like others of it."""
    rows = Contact.objects.filter(contact_id__in=numbers, known=True)
    originals = list(
        rows.exclude(phone="").exclude(last_name="").order_by("-contact_id")[: 4 * ROUNDS]
    )
    twins = list(rows.filter(phone="").exclude(email="").order_by("-contact_id")[: 4 * ROUNDS])
    for at, (first, second) in enumerate(zip(originals, twins, strict=False)):
        KINDS[at % len(KINDS)](first, second, now)
        second.save()
    duplicates.note([row.contact_id for row in (*originals, *twins)])


def _named(first: Contact, second: Contact) -> None:
    second.first_name, second.last_name = first.first_name, first.last_name
    second.city, second.country, second.locale = first.city, first.country, first.locale


def _tagged(first: Contact, second: Contact, now: datetime) -> None:
    """The same mailbox with a tag, and the name without its accents."""
    del now
    _named(first, second)
    second.last_name = fold(first.last_name).title()
    local, _at, domain = first.email.partition("@")
    _write_to(second, f"{local}+farina@{domain}")


def _write_to(second: Contact, address: str) -> None:
    """Give somebody another address."""
    old, second.email = second.email, address
    Identity.objects.filter(kind="email", value=old).delete()
    ContactIdentity.objects.filter(contact_id=second.pk, kind="email", value=old).delete()
    Identity.objects.create(kind="email", value=second.email, contact_id=second.pk)
    ContactIdentity.objects.create(contact_id=second.pk, kind="email", value=second.email)


def _second_number(first: Contact, second: Contact, now: datetime) -> None:
    """The number as people write it at home, kept from a stand at a fair."""
    _named(first, second)
    _write_to(second, f"{_local(first).rpartition('.')[2]}{first.pk % 89 + 10}@mail.example")
    second.attributes["second_phone"] = first.phone[3:]
    second.provenance["second_phone"] = entry("import", now.timestamp(), "", "active")


def _slip(first: Contact, second: Contact, now: datetime) -> None:
    """A letter missing in the name, at the same company."""
    del now
    _named(first, second)
    second.last_name = first.last_name[:-1] if len(first.last_name) > 4 else first.last_name
    second.company_id = first.company_id = first.company_id or second.company_id
    _write_to(second, f"{_local(first)[:-1]}@post.example")
    first.save(update_fields=["company_id"])


def _one_fact(first: Contact, second: Contact, now: datetime) -> None:
    """A form was sent with the address of one and the number of the other."""
    IdentityConflict.objects.create(
        at=now,
        contact_id=first.pk,
        other_id=second.pk,
        kind="phone",
        value=first.phone,
        reason="no_user_id",
    )


def _local(person: Contact) -> str:
    """How somebody spells their name in addresses."""
    return person.email.partition("@")[0].rstrip("0123456789")


KINDS: tuple[Callable[[Contact, Contact, datetime], None], ...] = (
    _tagged,
    _second_number,
    _slip,
    _one_fact,
)
"""The kinds of twins, in turn."""
