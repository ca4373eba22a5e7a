"""How alike two contacts are, and why: pure functions, no database.

``keys`` gives the values that two rows of one person would share, in a form that forgives
spelling; contacts are compared only where they share one. ``compare`` then weighs what
speaks for one person and what speaks against it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

OPEN_FROM = 50
"""Confidence (0 to 100) from which a pair is shown to people."""
SURE_FROM = 95
"""Confidence from which pairs may be merged many at a time."""

_GOOGLE = {"gmail.com", "googlemail.com"}
_OFFICES = {
    "info", "sales", "office", "contact", "contacto", "admin", "hello", "hola", "mail",
    "ventas", "service", "support", "team", "marketing", "newsletter", "noreply",
}  # fmt: skip
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_SPLIT = re.compile(r"[\s,.'’\-]+")


class Reason(NamedTuple):
    """What speaks for one person (``weight`` > 0) or against it (< 0), with the facts that
    say so. ``code`` is one of ``WEIGHTS``."""

    code: str
    weight: float
    facts: Mapping[str, str]


WEIGHTS: Mapping[str, float] = {
    "same_mailbox": 0.92,
    "same_phone": 0.90,
    "named_together": 0.75,
    "same_device": 0.40,
    "same_name": 0.55,
    "similar_name": 0.45,
    "same_company": 0.35,
    "same_city": 0.25,
    "same_local_part": 0.45,
    "other_name": -0.45,
    "other_user_id": -0.25,
    "other_country": -0.20,
}
"""Reason → how much it counts. Those for one person are chances that add up as such
(1 − Π(1 − w)); each against it takes its share of what is left."""


@dataclass(frozen=True, kw_only=True)
class Being:
    """What of a contact is compared. ``emails`` and ``phones`` are all that are known,
    also from other attributes, in whatever form they were given."""

    contact_id: int
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    company_id: int | None = None
    company: str = ""
    city: str = ""
    country: str = ""


class Together(NamedTuple):
    """That one fact named two known contacts by an identity."""

    kind: str
    value: str


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Text without case, accents and alphabet: Cyrillic as Latin, others as they are."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "".join(_CYRILLIC.get(sign, sign) for sign in plain)


def words(name: str) -> tuple[str, ...]:
    """The folded words of a name, in one order."""
    return tuple(sorted(part for part in _SPLIT.split(fold(name).strip()) if part))


@lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """A folded word as it sounds, roughly: its first letter and the consonants after it,
    doubled ones once. Words of other alphabets stand as they are."""
    if not word.isascii():
        return word
    for sounds, letter in (("ph", "f"), ("ck", "k"), ("qu", "k"), ("ch", "c"), ("h", "")):
        word = word[:1] + word[1:].replace(sounds, letter)
    first, rest = word[:1], word[1:].translate(_ALIKE)
    out = first
    for sign in rest:
        if sign not in "aeiouy" and sign != out[-1:]:
            out += sign
    return out


_ALIKE = str.maketrans({"z": "s", "w": "v", "q": "k", "c": "k", "j": "y"})


@lru_cache(maxsize=65_536)
def mailbox(email: str) -> str:
    """The mailbox behind an address: no tag after +, no dots where Google ignores them; ""
    where it is no address."""
    address = email.strip().casefold()
    if not _ADDRESS.fullmatch(address):
        return ""
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GOOGLE:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@lru_cache(maxsize=65_536)
def line(phone: str) -> str:
    """The last nine digits of a phone number, which country code and trunk zero leave alone;
    "" where there are fewer than eight."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    return digits[-9:] if len(digits) >= 8 else ""


def name_key(one: Being) -> int:
    """The key of a name as a whole, 0 where it is of a single common word or none."""
    sounds = [skeleton(word) for word in words(one.name)]
    if len(sounds) > 1 or any(not sound.isascii() for sound in sounds):
        return _hash("name", " ".join(sounds))
    return 0


def keys(one: Being) -> set[int]:
    """What a contact shares with other rows of the same person, each hashed."""
    return {_hash(kind, value) for kind, value in _shared(one)} | ({name_key(one)} - {0})


def _hash(kind: str, value: str) -> int:
    digest = hashlib.blake2b(f"{kind}:{value}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") >> 1


def _shared(one: Being) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for email in one.emails:
        if box := mailbox(email):
            found.add(("mail", box))
            local = box.partition("@")[0]
            if len(local) >= 5 and local not in _OFFICES:
                found.add(("local", local))
    found |= {("phone", last) for phone in one.phones if (last := line(phone))}
    sounds = [skeleton(word) for word in words(one.name)][:4]
    if sounds and one.company_id:
        found |= {("firm", f"{one.company_id}:{sound}") for sound in sounds if len(sound) > 1}
    if len(sounds) > 1 and one.city:
        found.add(("town", f"{fold(one.city)}:{max(sounds, key=len)}"))
    return found


@lru_cache(maxsize=65_536)
def _trigrams(text: str) -> frozenset[str]:
    return frozenset(
        padded[at : at + 3]
        for word in text.split()
        for padded in (f"  {word} ",)
        for at in range(len(padded) - 2)
    )


def similarity(one: str, other: str) -> float:
    """How alike two names are, 0 to 1: shared trigrams of their words in any order, as
    pg_trgm counts them."""
    a, b = _trigrams(" ".join(words(one))), _trigrams(" ".join(words(other)))
    return len(a & b) / len(a | b) if a and b else 0.0


def compare(
    one: Being, other: Being, together: Collection[Together] = (), bearers: int = 2
) -> tuple[int, tuple[Reason, ...]]:
    """How sure it is that two contacts are one person, 0 to 100, and every reason.

    ``bearers``: how many contacts bear this name; the more, the less a name says.
    """
    rarity = min(1.0, (2 / max(2, bearers)) ** 0.5)
    reasons = [
        *_addresses(one, other),
        *(_named(row) for row in together),
        *_names(one, other, rarity),
    ]
    if not reasons:
        return 0, ()
    reasons += _against(one, other, reasons)
    doubt, share = 1.0, 1.0
    for reason in reasons:
        if reason.weight > 0:
            doubt *= 1 - reason.weight
        else:
            share *= 1 + reason.weight
    order = sorted(reasons, key=lambda reason: -abs(reason.weight))
    return round(100 * (1 - doubt) * share), tuple(order)


def _reason(code: str, scale: float = 1.0, **facts: str) -> Reason:
    return Reason(code, round(WEIGHTS[code] * scale, 3), facts)


def _named(row: Together) -> Reason:
    code = "same_device" if row.kind == "anonymous_id" else "named_together"
    return _reason(code, kind=row.kind, value=row.value)


def _addresses(one: Being, other: Being) -> list[Reason]:
    found = []
    boxes = {mailbox(email): email for email in one.emails if mailbox(email)}
    theirs = {mailbox(email): email for email in other.emails if mailbox(email)}
    if both := sorted(boxes.keys() & theirs.keys()):
        found.append(_reason("same_mailbox", one=boxes[both[0]], other=theirs[both[0]]))
    lines = {line(phone): phone for phone in one.phones if line(phone)}
    their = {line(phone): phone for phone in other.phones if line(phone)}
    if alike := sorted(lines.keys() & their.keys()):
        mine, yours = lines[alike[0]], their[alike[0]]
        abroad = mine.startswith("+") and yours.startswith("+") and mine[:3] != yours[:3]
        found.append(_reason("same_phone", 0.5 if abroad else 1.0, one=mine, other=yours))
    return found


def _names(one: Being, other: Being, rarity: float) -> list[Reason]:
    """What the names say; company, city and the part before the @ count beside them only."""
    alike = similarity(one.name, other.name)
    found = []
    if alike >= 0.99:
        found.append(_reason("same_name", rarity, one=one.name, other=other.name))
    elif alike >= 0.5:
        found.append(_reason("similar_name", alike * rarity, one=one.name, other=other.name))
    if one.name and other.name and not found:
        return []
    local = _locals(one) & _locals(other)
    if local and not _boxes(one) & _boxes(other):
        found.append(_reason("same_local_part", value=min(local)))
    if one.company_id and one.company_id == other.company_id and found:
        found.append(_reason("same_company", value=one.company))
    if one.city and fold(one.city) == fold(other.city) and found:
        found.append(_reason("same_city", value=one.city))
    return found


def _boxes(one: Being) -> set[str]:
    return {mailbox(email) for email in one.emails} - {""}


def _locals(one: Being) -> set[str]:
    found = {box.partition("@")[0] for box in _boxes(one)}
    return {local for local in found if len(local) >= 5} - _OFFICES


def _against(one: Being, other: Being, reasons: Collection[Reason]) -> list[Reason]:
    found = []
    codes = {reason.code for reason in reasons}
    if one.name and other.name and not codes & {"same_name", "similar_name"}:
        found.append(_reason("other_name", one=one.name, other=other.name))
    if one.user_ids and other.user_ids and not set(one.user_ids) & set(other.user_ids):
        found.append(_reason("other_user_id", one=one.user_ids[0], other=other.user_ids[0]))
    if one.country and other.country and one.country != other.country:
        found.append(_reason("other_country", one=one.country, other=other.country))
    return found
