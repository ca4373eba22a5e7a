"""Profiles: what facts say about contacts, set-based; for each key the newest word wins.

Because a value is kept with the time it was said, the order in which facts arrive does not
matter. Values that do not fit their definition are kept out and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from trellis.core import db, sql
from trellis.people import companies, duplicates, provenance, tags
from trellis.people.companies import Mention
from trellis.people.models import Attribute
from trellis.people.values import (
    BUILT_IN,
    MAX_KEY,
    TAGS,
    BadValue,
    built_in,
    fit,
    flatten,
    infer,
)

MAX_DEFINITIONS = 1_000
"""Attributes that facts may create; more come from a broken client, and are refused."""

_SQL = sql.load(__package__, "attributes")
_encode = msgspec.json.Encoder().encode


class Change(NamedTuple):
    """That at ``at`` (UTC seconds) ``src`` stated these traits of a contact.

    ``basis`` is the legal basis where the entrance knows it; ``how`` active (the person
    said it) or passive (it was observed), "" as the attribute is defined. What is ``weak``
    only fills what nobody has said.
    """

    contact_id: int
    at: float
    src: str
    traits: dict[str, Any]
    basis: str = ""
    how: str = ""
    weak: bool = False


class Refused(NamedTuple):
    """A value that was kept out."""

    contact_id: int
    key: str
    reason: str
    value: Any


@dataclass(kw_only=True)
class Profile:
    """A contact's profile in memory. ``company`` is what was said of the company last, ""
    where it was emptied. ``alike``: what changed may make them like somebody else."""

    contact_id: int
    fields: dict[str, str]
    company_id: int | None
    attributes: dict[str, Any]
    provenance: dict[str, dict[str, Any]]
    tags: list[str] = field(default_factory=list)
    company: Mention | str | None = None
    changed: bool = False
    alike: bool = False
    own: set[tuple[str, str]] = field(default_factory=set)


Flat = list[tuple[Change, list[tuple[str, Any]]]]


def apply(changes: Sequence[Change], now: datetime) -> list[Refused]:
    """Take traits into the profiles of locked contacts; returns what was kept out."""
    if not changes:
        return []
    flat = [(change, list(flatten(change.traits))) for change in changes]
    kinds = _definitions(flat, now)
    profiles = read(sorted({change.contact_id for change in changes}))
    _load_own(profiles, flat)
    known = tags.named(_tag_names(flat), now)
    refused: list[Refused] = []
    for change, pairs in flat:
        profile = profiles.get(change.contact_id)
        if profile is None:
            continue
        for key, value in pairs:
            try:
                if key == TAGS:
                    _tag(profile, value, known)
                else:
                    _take(profile, change, key, value, kinds, now)
            except BadValue as bad:
                refused.append(Refused(change.contact_id, key, str(bad), value))
    changed = [profile for profile in profiles.values() if profile.changed]
    _match_companies(changed, now)
    write(changed, now)
    duplicates.note(profile.contact_id for profile in changed if profile.alike)
    return refused


def read(contact_ids: Sequence[int]) -> dict[int, Profile]:
    """The profiles of these contacts."""
    out: dict[int, Profile] = {}
    for row in db.fetch(_SQL["read"], [list(contact_ids)]):
        out[row[0]] = Profile(
            contact_id=row[0],
            fields=dict(zip(BUILT_IN[:8], row[1:9], strict=True)),
            company_id=row[9],
            attributes=db.decoded(row[10]),
            provenance=db.decoded(row[11]),
            tags=db.decoded(row[12]),
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
        [_encode(p.tags).decode() for p in profiles],
    ]
    db.run(_SQL["write"], [now, *columns])


def _take(
    profile: Profile,
    change: Change,
    key: str,
    value: Any,
    kinds: dict[str, Attribute],
    now: datetime,
) -> None:
    how = change.how or "active"
    if key == "company":
        kept: Any = companies.mention(value)
        old: Any = profile.company
    elif key in BUILT_IN:
        kept = built_in(key, value)
        if key in ("email", "phone") and kept and (key, kept) not in profile.own:
            raise BadValue("belongs_to_another")
        old = profile.fields[key]
    else:
        definition = kinds.get(key)
        if definition is None:
            raise BadValue("too_many_attributes")
        how = change.how or definition.how
        kept = None if value is None else fit(definition, value)
        old = profile.attributes.get(key)
    new = provenance.entry(change.src, change.at, change.basis, how, weak=change.weak)
    if not change.at:  # older than every other word, but not there before now
        new["since"] = provenance.moment(now.timestamp())
    before = profile.provenance.get(key)
    shown = None if key == "company" else old
    if change.weak and before is not None and kept == old:
        return
    if provenance.newer(new, kept, before, old):
        _put(profile, key, kept)
        profile.provenance[key] = provenance.keep(new, kept, before, shown)
        profile.changed = True
        profile.alike = profile.alike or duplicates.matters(key)
    elif not change.weak and change.at and before is not None and key != "company":
        late = provenance.keep(before, old, new, kept)
        if late != before:
            profile.provenance[key] = late
            profile.changed = True


def _tag_names(flat: Flat) -> set[str]:
    return {
        name
        for _, pairs in flat
        for key, value in pairs
        if key == TAGS
        for name in tags.names_in(value)
    }


def _tag(profile: Profile, value: Any, known: Mapping[str, str]) -> None:
    """Put tags on; nothing a fact says takes one off."""
    names = tags.names_in(value)
    new = [known[name] for name in names if name in known and known[name] not in profile.tags]
    if new:
        profile.tags = [*profile.tags, *dict.fromkeys(new)]
        profile.changed = True
    if any(name not in known for name in names):
        raise BadValue("too_many_tags")


def _put(profile: Profile, key: str, value: Any) -> None:
    if key == "company":
        profile.company = value
    elif key in profile.fields:
        profile.fields[key] = value
    elif value is None:
        profile.attributes.pop(key, None)
    else:
        profile.attributes[key] = value


_FIXED = frozenset({*BUILT_IN, TAGS})


def _definitions(flat: Flat, now: datetime) -> dict[str, Attribute]:
    """The definitions of all keys stated; new ones are made with the type of the value."""
    kinds = _by_key(Attribute.objects.all())
    new: dict[str, tuple[str, str]] = {}
    for change, pairs in flat:
        for key, value in pairs:
            if key not in kinds and key not in _FIXED and value is not None:
                new.setdefault(key, (infer(value), change.how or "active"))
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


def _match_companies(profiles: Sequence[Profile], now: datetime) -> None:
    """Those who have an address and no company belong to the company of its domain."""
    asked = {
        profile.contact_id: domain
        for profile in profiles
        if profile.company is None
        and profile.company_id is None
        and "company" not in profile.provenance
        and (domain := companies.work_domain(profile.fields["email"]))
    }
    found = companies.of_domains(set(asked.values()), now) if asked else {}
    for profile in profiles:
        domain = asked.get(profile.contact_id, "")
        if domain in found:
            profile.company_id = found[domain]
            profile.provenance["company"] = companies.matched(now)


def _resolve_companies(profiles: Sequence[Profile], now: datetime) -> None:
    said = {
        p.company: p.provenance["company"] for p in profiles if isinstance(p.company, Mention)
    }
    ids = companies.settle(said, now) if said else {}
    for profile in profiles:
        if profile.company is not None:
            mention = profile.company
            profile.company_id = ids[mention] if isinstance(mention, Mention) else None
