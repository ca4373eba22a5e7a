"""Private data behind a veil: email, phone and family name for those who may not see them.

Whoever answers a person or a program says once who looks (``look_as``); every reading query
of contacts, identities, events and messages then passes its values through here, so that no
page can forget it. Nothing is veiled where nobody looks: jobs, the pipeline, the command
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from trellis.accounts.types import Actor

DOTS = "•••"
_veiled: ContextVar[bool] = ContextVar("veiled", default=False)
_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:]+")
_PHONE = re.compile(r"\+\d[\d ().-]{6,}\d")
_NAMES = frozenset({"last_name", "lastName", "surname", "family_name", "last name"})
_WHOLE = frozenset({"name", "full_name", "fullName"})


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


def email(address: str) -> str:
    """``m•••@f•••.example``: enough to tell two apart, too little to write to."""
    local, at, domain = address.partition("@")
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
    return _PHONE.sub(lambda match: phone(match.group()), found)


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
    low = key.lower()
    if "mail" in low and isinstance(said, str):
        return email(said)
    if any(part in low for part in ("phone", "mobile", "whatsapp")) or low in {"tel", "fax"}:
        return phone(str(said))
    if key in _NAMES:
        return family_name(str(said))
    if key in _WHOLE and isinstance(said, str):
        return text(said)
    return text(said) if isinstance(said, str) else said


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
