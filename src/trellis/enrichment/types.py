"""What a kind of source is, what it is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.utils.functional import Promise


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the settings of a kind of source."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What a source may look at: contact fields by name, attributes by ``attr.<key>``."""

    contact_id: int
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One contact asked about. ``run_id`` is the same when the question is repeated, so that
    the other side can recognise it; ``at`` is the time in UTC seconds."""

    run_id: int
    at: float
    person: Person


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``traits`` are values by attribute key; ``reason`` is a code where there is nothing to
    add. ``raw`` is kept in the log of last answers."""

    traits: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    raw: str = ""


@dataclass(frozen=True, kw_only=True)
class Defined:
    """An attribute that a source fills; it is defined when the source is added."""

    key: str
    label: str
    type: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of source. ``ask`` raises ``core.http`` failures, by which it is asked again,
    given up, or switched off. ``needs``: fields without one of which there is no asking.
    ``outside``: whether it sends personal data away."""

    key: str
    label: str | Promise
    about: str | Promise
    settings: type[Settings]
    ask: Callable[[Any, Question], Answer]
    check: Callable[[Any], str]
    needs: tuple[str, ...] = ()
    fills: tuple[Defined, ...] = ()
    outside: bool = False
