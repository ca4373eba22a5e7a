"""Private data behind a veil: email, phone and family name for those who may not see them.

Whoever answers a person or a program says once who looks (``look_as``); every reading query
of contacts, identities, events and messages then passes its values through here, so that no
page can forget it. Nothing is veiled where nobody looks: jobs, the pipeline, the command
line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from trellis.accounts.types import Actor

DOTS = "•••"
_veiled: ContextVar[bool] = ContextVar("veiled", default=False)
_EMAIL = re.compile(
    r"[^\s@<>\"'(),;:/?&=%]+(?:@|%40)[^\s@<>\"'(),;:/?&=%]+\.[^\s@<>\"'(),;:/?&=%]+",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?:\+|%2B)\d[\d ().-]{6,}\d|(?<![\w.:+-])\d{2,4}(?: \d{2,4}){2,4}(?![\w:-])"
)
_IP = re.compile(r"(?<![\w./])(\d{1,3})\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])")
_PAIR = re.compile(r'"(?P<key>\w+)"\s*:\s*"(?P<said>(?:[^"\\]|\\.)*)"')
_FAMILY = frozenset({"lastname", "surname", "familyname"})
_WHOLE = frozenset({"name", "full_name", "fullName"})
_NUMBERS = ("phone", "mobile", "whatsapp")
_HOME = frozenset(
    {
        *("street", "streetaddress", "address", "addressline", "homeaddress", "postaladdress"),
        *("postcode", "postalcode", "zip", "zipcode"),
        *("ip", "ipaddress", "remoteaddr"),
        *("lat", "lng", "lon", "latitude", "longitude", "coordinates"),
    }
)
"""Where somebody lives or sat: nothing of it is shown."""


@contextmanager
def one_request() -> Iterator[None]:
    """Around a request: what it says about who looks ends with it."""
    token = _veiled.set(False)
    try:
        yield
    finally:
        _veiled.reset(token)


def look_as(actor: Actor) -> None:
    """From here on ``actor`` looks: veiled without the right ``contacts.see_private``."""
    _veiled.set(not actor.may("contacts.see_private"))


def veiled() -> bool:
    """Whether private data must not be shown."""
    return _veiled.get()


def hides(key: str) -> bool:
    """Whether a field, attribute, trait or property of that name holds private data."""
    low = key.lower()
    plain = re.sub(r"[^a-z]", "", low)
    return (
        "mail" in low
        or any(part in low for part in _NUMBERS)
        or plain in {"tel", "fax", "fullname"}
        or plain in _FAMILY
        or plain in _HOME
    )


def email(address: str) -> str:
    """``m•••@f•••.example``: enough to tell two apart, too little to write to."""
    local, at, domain = re.sub("%40", "@", address).partition("@")
    if not at:
        return DOTS if address else ""
    host, dot, last = domain.rpartition(".")
    return f"{local[:1]}{DOTS}@{host[:1]}{DOTS}{dot}{last}"


def phone(number: str) -> str:
    """``+34•••29``."""
    return f"{number[:3]}{DOTS}{number[-2:]}" if len(number) > 6 else DOTS if number else ""


def family_name(name: str) -> str:
    """The initial of a family name."""
    return f"{name[:1]}." if name else ""


def text(value: str) -> str:
    """A text in which addresses and numbers are veiled; unchanged where nothing is."""
    if not veiled() or not value:
        return value
    found = _EMAIL.sub(lambda match: email(match.group()), value)
    found = _IP.sub(rf"\1.{DOTS}", found)
    return _PHONE.sub(lambda match: _number(match.group()), found)


def _number(found: str) -> str:
    return phone(found) if sum(letter.isdigit() for letter in found) >= 9 else found


def without(value: str, secrets: Iterable[str]) -> str:
    """A text about somebody in which also their own ``secrets`` (family name, address …) are
    veiled."""
    found = text(value)
    if not veiled():
        return found
    for secret in sorted({one for one in secrets if len(one) > 1}, key=len, reverse=True):
        found = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", DOTS, found, flags=re.IGNORECASE)
    return found


def body(value: str) -> str:
    """A raw text, JSON or not, as it came in: JSON is veiled by the names inside it."""
    if not veiled():
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return text(_PAIR.sub(_pair, value))
    return json.dumps(_inside("", found), ensure_ascii=False)


def _pair(match: re.Match[str]) -> str:
    key = match["key"]
    shown = person_name(match["said"]) if key in _WHOLE else _word(key, match["said"])
    return f'"{key}": "{shown}"'


def _inside(key: str, said: Any) -> Any:
    """Like ``value``, but every name is taken as that of a person: nobody knows yet what
    came in."""
    if isinstance(said, Mapping):
        return {str(name): _inside(str(name), inner) for name, inner in said.items()}
    if isinstance(said, list):
        return [_inside(key, inner) for inner in said]
    if key in _WHOLE and isinstance(said, str):
        return person_name(said)
    return value(key, said)


def value(key: str, said: Any) -> Any:
    """The value of a field, attribute, trait or identity of that name, as it may be shown."""
    if not veiled() or said is None:
        return said
    if isinstance(said, Mapping):
        own = {"was", "value"}  # an earlier value of the field itself
        return {
            name: value(key if name in own else str(name), inner)
            for name, inner in said.items()
        }
    if isinstance(said, list | tuple):
        return [value(key, inner) for inner in said]
    if isinstance(said, str):
        return _word(key, said)
    return DOTS if hides(key) and not isinstance(said, bool) else said


def _word(key: str, said: str) -> str:
    low = key.lower()
    if "mail" in low:
        return email(said)
    if any(part in low for part in _NUMBERS) or low in {"tel", "fax"}:
        return phone(said)
    plain = re.sub(r"[^a-z]", "", low)
    if plain in _FAMILY:
        return family_name(said)
    if plain == "fullname":
        return person_name(said)
    return DOTS if plain in _HOME and said else text(said)


def person_name(full: str) -> str:
    """A whole name with the last word as its initial."""
    if not veiled():
        return full
    first, _space, last = full.rpartition(" ")
    return f"{first} {family_name(last)}" if first else text(full)


def row(found: dict[str, Any]) -> dict[str, Any]:
    """A row about a contact with its private columns veiled."""
    if not veiled():
        return found
    return {key: value(key, said) for key, said in found.items()}


def props(type_: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of an event. Those that say who somebody is have names in ``name``."""
    if not veiled():
        return said
    shown: dict[str, Any] = {key: value(key, inner) for key, inner in said.items()}
    for key in _WHOLE & shown.keys():
        if type_ == "identify" and isinstance(shown[key], str):
            shown[key] = person_name(shown[key])
    return shown
