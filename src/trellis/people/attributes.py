"""Profiles: what facts say about contacts, set-based; for each key the newest word wins.

Because a value is kept with the time it was said, the order in which facts arrive does not
matter. Values that do not fit their definition are kept out and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from trellis.core import db, sql
from trellis.people.models import Attribute
from trellis.people.values import BUILT_IN, MAX_KEY, BadValue, built_in, flatten, infer, typed

MAX_DEFINITIONS = 1_000
"""Attributes that facts may create; more come from a broken client, and are refused."""
COMPANY_LOCK = 7_303

_SQL = sql.load(__package__, "attributes")
_encode = msgspec.json.Encoder().encode
_order = msgspec.json.Encoder(order="sorted").encode


class Change(NamedTuple):
    """That at ``at`` (UTC seconds) ``src`` stated these traits of a contact.

    ``basis`` is the legal basis where the entrance knows it; ``how`` active (the person
    said it) or passive (it was observed).
    """

    contact_id: int
    at: float
    src: str
    traits: dict[str, Any]
    basis: str = ""
    how: str = "active"


class Refused(NamedTuple):
    """A value that was kept out."""

    contact_id: int
    key: str
    reason: str
    value: Any


@dataclass(kw_only=True)
class Profile:
    """A contact's profile in memory. ``company`` is the name that was stated last."""

    contact_id: int
    fields: dict[str, str]
    company_id: int | None
    attributes: dict[str, Any]
    provenance: dict[str, dict[str, Any]]
    company: str | None = None
    changed: bool = False
    own: set[tuple[str, str]] = field(default_factory=set)


def apply(changes: Sequence[Change], now: datetime) -> list[Refused]:
    """Take traits into the profiles of locked contacts; returns what was kept out."""
    if not changes:
        return []
    flat = [(change, list(flatten(change.traits))) for change in changes]
    kinds = _definitions(flat, now)
    profiles = read(sorted({change.contact_id for change in changes}))
    _load_own(profiles, flat)
    refused: list[Refused] = []
    for change, pairs in flat:
        profile = profiles.get(change.contact_id)
        if profile is None:
            continue
        for key, value in pairs:
            try:
                _take(profile, change, key, value, kinds)
            except BadValue as bad:
                refused.append(Refused(change.contact_id, key, str(bad), value))
    write([profile for profile in profiles.values() if profile.changed], now)
    return refused


def read(contact_ids: Sequence[int]) -> dict[int, Profile]:
    """The profiles of these contacts."""
    out: dict[int, Profile] = {}
    for row in db.fetch(_SQL["read"], [list(contact_ids)]):
        out[row[0]] = Profile(
            contact_id=row[0],
            fields=dict(zip(BUILT_IN[:8], row[1:9], strict=True)),
            company_id=row[9],
            attributes=_decoded(row[10]),
            provenance=_decoded(row[11]),
        )
    return out


def write(profiles: Sequence[Profile], now: datetime) -> None:
    """Write these profiles back, whole."""
    if not profiles:
        return
    _resolve_companies(profiles, now)
    columns: list[list[Any]] = [
        [p.contact_id for p in profiles],
        *([p.fields[key] for p in profiles] for key in BUILT_IN[:8]),
        [p.company_id for p in profiles],
        [_encode(p.attributes).decode() for p in profiles],
        [_encode(p.provenance).decode() for p in profiles],
    ]
    db.run(_SQL["write"], [now, *columns])


def moment(at: float) -> str:
    """A time as provenance keeps it: UTC in one width, so that text order is time order."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def newer(new: tuple[str, Any], old: dict[str, Any] | None, old_value: Any) -> bool:
    """Whether a value said at ``new[0]`` replaces the old one. Equal times are decided by
    the values themselves, so that the order of arrival does not matter."""
    if old is None:
        return True
    if new[0] != old["at"]:
        return bool(new[0] > old["at"])
    return _order(new[1]) > _order(old_value)


def _take(
    profile: Profile, change: Change, key: str, value: Any, kinds: dict[str, Attribute]
) -> None:
    if key in BUILT_IN:
        kept: Any = built_in(key, value)
        if key in ("email", "phone") and kept and (key, kept) not in profile.own:
            raise BadValue("belongs_to_another")
        old: Any = profile.company if key == "company" else profile.fields[key]
    else:
        definition = kinds.get(key)
        if definition is None:
            raise BadValue("too_many_attributes")
        kept = None if value is None else typed(definition.type, value, definition.options)
        old = profile.attributes.get(key)
    at = moment(change.at)
    if not newer((at, kept), profile.provenance.get(key), old):
        return
    _put(profile, key, kept)
    profile.provenance[key] = {
        "src": change.src,
        "at": at,
        "basis": change.basis,
        "how": change.how,
    }
    profile.changed = True


def _put(profile: Profile, key: str, value: Any) -> None:
    if key == "company":
        profile.company = value
    elif key in profile.fields:
        profile.fields[key] = value
    elif value is None:
        profile.attributes.pop(key, None)
    else:
        profile.attributes[key] = value


Flat = list[tuple[Change, list[tuple[str, Any]]]]


def _definitions(flat: Flat, now: datetime) -> dict[str, Attribute]:
    """The definitions of all keys stated; new ones are made with the type of the value."""
    kinds = _by_key(Attribute.objects.all())
    new: dict[str, tuple[str, str]] = {}
    for change, pairs in flat:
        for key, value in pairs:
            if key not in kinds and key not in BUILT_IN and value is not None:
                new.setdefault(key, (infer(value), change.how))
    room = MAX_DEFINITIONS - len(kinds)
    wanted = sorted(key for key in new if len(key) <= MAX_KEY and "\x00" not in key)[:room]
    if wanted:
        columns = [
            wanted,
            [key.replace("_", " ").strip().capitalize() for key in wanted],
            [new[key][0] for key in wanted],
            ["demographic" for _ in wanted],
            [new[key][1] for key in wanted],
        ]
        db.run(_SQL["add_definitions"], [now, *columns])
        kinds = _by_key(Attribute.objects.all())
    return kinds


def _by_key(rows: Iterable[Attribute]) -> dict[str, Attribute]:
    return {row.key: row for row in rows}


def _load_own(profiles: dict[int, Profile], flat: Flat) -> None:
    """Which emails and phones belong to the contacts that state them."""
    asked = sorted(
        {
            change.contact_id
            for change, pairs in flat
            if any(key in ("email", "phone") for key, _ in pairs)
        }
    )
    if asked:
        for number, kind, value in db.fetch(_SQL["own"], [asked]):
            if number in profiles:
                profiles[number].own.add((kind, value))


def _resolve_companies(profiles: Sequence[Profile], now: datetime) -> None:
    names = sorted({p.company for p in profiles if p.company})
    if names:
        ids = dict(db.fetch(_SQL["companies"], [names]))
        missing = [name for name in names if name not in ids]
        if missing:
            db.fetch("SELECT pg_advisory_xact_lock(%s)", [COMPANY_LOCK])
            ids = dict(db.fetch(_SQL["companies"], [names]))
            missing = [name for name in names if name not in ids]
            ids.update(db.fetch(_SQL["add_companies"], [now, missing]))
    for profile in profiles:
        if profile.company is not None:
            profile.company_id = ids[profile.company] if profile.company else None


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
