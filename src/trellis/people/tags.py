"""Tags: words on contacts. Their definitions, and putting them on and taking them off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock, db, sql
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.people import purge, told
from trellis.people.models import Tag

COLOURS = ("green", "blue", "violet", "pink", "red", "orange", "amber", "grey")
MOST = 500
"""Tags there may be; facts that bring more come from a broken client."""
MOST_AT_ONCE = 50
MAX_NAME = 64
CHUNK = 1_000
STRETCH = 50_000
"""Numbers of contacts that one transaction of a job looks through."""
EDITABLE = ("name", "colour", "description")

_SQL = sql.load(__package__, "tags")
_encode = msgspec.json.Encoder().encode


def key_of(name: str) -> str:
    """The key of a tag of that name: small letters of any script, digits, - and _."""
    plain = unicodedata.normalize("NFC", name).strip().lower()
    return re.sub(r"[^\w]+", "-", plain).strip("-")[:MAX_NAME]


def names_in(value: Any) -> list[str]:
    """The names in a trait: a list, or a text with commas."""
    items = value if isinstance(value, list) else str(value or "").split(",")
    names = [str(item).replace("\x00", "").strip() for item in items if item is not None]
    return [name[:80] for name in names if key_of(name)][:MOST_AT_ONCE]


def named(names: Collection[str], now: datetime) -> dict[str, str]:
    """The key of each tag by the name given (its name or key); new ones are made while there
    is room. An archived tag that is put on again comes back."""
    wanted = {name: key_of(name) for name in names if key_of(name)}
    if not wanted:
        return {}
    known = dict(Tag.objects.filter(key__in=wanted.values()).values_list("key", "archived_at"))
    room = MOST - Tag.objects.count()
    fresh = sorted(set(wanted.values()) - known.keys())[: max(0, room)]
    called = {key: name for name, key in sorted(wanted.items(), reverse=True)}
    Tag.objects.bulk_create(
        [Tag(key=key, name=called[key], colour=_colour(key), created_at=now) for key in fresh],
        ignore_conflicts=True,
    )
    if back := [key for key, gone in known.items() if gone is not None]:
        Tag.objects.filter(key__in=back).update(archived_at=None)
    return {name: key for name, key in wanted.items() if key in known or key in fresh}


def _colour(key: str) -> str:
    return COLOURS[sum(key.encode()) % len(COLOURS)]


def put(
    contact_ids: Sequence[int], add: Sequence[str], remove: Sequence[str], now: datetime
) -> list[int]:
    """Put tags on contacts and take others off, by key, as one set; returns those whose tags
    changed. In the caller's transaction; whoever calls tells the log."""
    rows = db.fetch(
        _SQL["put"],
        {
            "ids": list(contact_ids),
            "both": [*add, *remove],
            "add": _encode(list(dict.fromkeys(add))).decode(),
            "remove": list(remove),
            "now": now,
        },
    )
    return sorted(number for (number,) in rows)


def tag_contacts(
    actor: Actor, contact_ids: Iterable[int], add: Sequence[str], remove: Sequence[str] = ()
) -> int:
    """Put tags (by name or key; new ones are made) on contacts and take others off; returns
    how many contacts changed."""
    require(actor, "contacts.write")
    if any(not key_of(name) for name in (*add, *remove)):
        raise InvalidInput(_("A tag needs a name."))
    now, done = clock.now(), 0
    numbers = sorted(set(contact_ids))
    gone = [key_of(name) for name in remove]
    for start in range(0, len(numbers), CHUNK):
        with transaction.atomic():
            known = named(add, now)
            if len(known) < len(set(add)):
                raise InvalidInput(_("There are %(n)d tags already.") % {"n": MOST})
            chunk = numbers[start : start + CHUNK]
            purge.lock(chunk)
            changed = put(chunk, [known[name] for name in add], gone, now)
            props = {"by": actor.label, "fields": ["tags"], "added": list(add)}
            told.tell_all(changed, told.CHANGED, {**props, "removed": list(remove)})
            done += len(changed)
            summary = ", ".join([f"+{name}" for name in add] + [f"−{name}" for name in remove])
            one = chunk[0] if len(numbers) == 1 else ""
            audit.record(
                actor, "contact.tag", "contact", one, f"{summary}: {len(changed)} contacts"
            )
    return done


def create(actor: Actor, name: str, values: Mapping[str, Any]) -> Tag:
    """Define a tag. Raises ``Conflict`` where one of that name exists."""
    require(actor, "attributes.write")
    row = Tag(key=key_of(name), name=name)
    _fill(row, {**values, "name": name})
    if Tag.objects.count() >= MOST:
        raise InvalidInput(_("There are %(n)d tags already.") % {"n": MOST})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(actor, "tag.create", "tag", row.key, row.name)
    except IntegrityError:
        raise Conflict(_("There is a tag %(name)s already.") % {"name": name}) from None
    return row


def update(
    actor: Actor, key: str, values: Mapping[str, Any], version: int | None = None
) -> Tag:
    """Change how a tag is shown; its key stays. ``version`` is the one the change was made
    to (``accounts.versions``)."""
    require(actor, "attributes.write")
    with transaction.atomic():
        row = get(key, lock=True)
        before = {name: getattr(row, name) for name in EDITABLE}
        _fill(row, values)
        wanted = {name: getattr(row, name) for name in EDITABLE if name in values}
        versions.check(row.version, version, before, wanted, of=("tag", key))
        row.version += 1
        row.save()
        change = {
            n: [before[n], getattr(row, n)] for n in EDITABLE if before[n] != getattr(row, n)
        }
        audit.record(actor, "tag.update", "tag", key, row.name, change)
    return row


def archive(
    actor: Actor, key: str, used_by: Sequence[str] = (), version: int | None = None
) -> Tag:
    """Take a tag from the choices and off everybody; ``used_by`` names what reads it."""
    require(actor, "attributes.write")
    if used_by:
        names = ", ".join(used_by)
        raise Conflict(
            _("This tag is used by %(names)s.") % {"names": names}, used_by=list(used_by)
        )
    with transaction.atomic():
        row = get(key, lock=True)
        versions.check(row.version, version, {}, None, of=("tag", key))
        row.archived_at = clock.now()
        row.save(update_fields=["archived_at"])
        audit.record(actor, "tag.archive", "tag", key, row.name)
        enqueue("people.take_tag_off", key=key)
    return row


def take_off(key: str) -> int:
    """Take an archived tag off everybody, a stretch of contacts per transaction; returns of
    how many."""
    ((last,),) = db.fetch("SELECT coalesce(max(contact_id), 0) FROM contact")
    done = 0
    for low in range(0, int(last) + 1, STRETCH):
        with transaction.atomic():
            if Tag.objects.filter(key=key, archived_at=None).exists():
                return done
            span = {"key": key, "low": low, "high": low + STRETCH - 1}
            changed = [number for (number,) in db.fetch(_SQL["unwear"], span)]
            told.tell_all(changed, told.CHANGED, {"by": "system", "fields": ["tags"]})
            done += len(changed)
    return done


def get(key: str, *, lock: bool = False) -> Tag:
    """The tag; raises ``NotFound``."""
    rows = Tag.objects.select_for_update() if lock else Tag.objects.all()
    row = rows.filter(key=key, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no tag %(key)s.") % {"key": key})
    return row


def live() -> list[Tag]:
    """The tags in use, by name."""
    return list(Tag.objects.filter(archived_at=None).order_by("name"))


def counts() -> dict[str, int]:
    """How many live contacts wear each tag."""
    return {str(key): int(n) for key, n in db.fetch(_SQL["counts"])}


def _fill(row: Tag, values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise InvalidInput(_("Unknown settings: %(names)s.") % {"names": ", ".join(unknown)})
    for name, value in values.items():
        setattr(row, name, str(value).strip())
    row.colour = row.colour or _colour(row.key)
    if not row.key or not row.name or len(row.name) > 80:
        raise InvalidInput(_("A tag needs a name of 1 to 80 characters."))
    if row.colour not in COLOURS:
        raise InvalidInput(
            _("There is no colour %(name)r.") % {"name": row.colour}, colours=COLOURS
        )
