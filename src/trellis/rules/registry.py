"""The fields a rule may read. This domain knows those of contacts, standings, attributes
and consents; upper domains register theirs in ``apps.ready()``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from trellis.core.registry import Registry
from trellis.people import masking
from trellis.people.models import Attribute, CompanyAttribute, Tag
from trellis.rules.types import (
    ANY,
    BOOLEAN,
    CONSENT,
    DATE,
    LIST,
    NUMBER,
    RANDOM,
    SIGNAL,
    TEXT,
    EventRef,
    event_json,
)

FACT = 0
SCORE = 1
STAGE = 2
SEGMENT = 3
"""Levels of derivation. A rule that decides something of a level may read lower ones."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a closed field; ``id`` is what the database holds, ``also`` the ids of
    values that lie under this one in a tree, so that naming it names them."""

    key: str
    label: str | Promise
    id: int | str
    also: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """What a field needs beside the contact: SQL that joins ``alias`` to ``c`` by
    contact_id, at most one row each. It stands in a statement once, however many fields
    and rules read it, and only if one does. ``{scope}`` in it becomes the condition that
    limits ``column``, the join's own contact_id, to the contacts of the statement."""

    alias: str
    sql: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """Where the former values of a field stand, by the day: rows of ``table`` (alias ``h``)
    for which ``test`` holds have them in ``column``, each good until the next one; before the
    first it was ``zero``. All are SQL."""

    table: str
    test: str
    column: str
    zero: str = "0"


@dataclass(frozen=True, slots=True)
class Narrow:
    """A property by which behaviour can be narrowed: ``{"of": {key: [value, …]}}``. With
    ``choices`` the values are keys of choices, whose ids stand in the property; ``part``
    says that the property contains one of the values."""

    key: str
    label: str | Promise
    prop: str
    choices: tuple[Choice, ...] | None = None
    part: bool = False

    def choice(self, key: str) -> Choice | None:
        """The choice of that key."""
        return next((choice for choice in self.choices or () if choice.key == key), None)


@dataclass(frozen=True, slots=True)
class Field:
    """Something a rule can read.

    ``column`` is SQL over the aliases of the compiler's frame (``c`` contact, ``s``
    standing); with ``json_key`` it is a jsonb document that has the value under that key.
    ``zoned`` marks a timestamp, which rules read as a day of the instance's zone. ``ref`` is
    the id of a signal. ``consent`` is the purpose of a
    consent, whose newest word has ``column``. ``join`` is what ``column`` stands in,
    beyond contact and standing. ``since`` is SQL of the day since when the value has been
    what it is: it allows ``for`` where a value is named (``{key}`` in it is ``json_key``).
    ``past`` allows it with every comparison, which must have held all the time.

    ``event`` is what a signal counts. A field without ``ref`` that has one is behaviour by
    its own name (``message.clicked``): its leaves read the signal that counts this event,
    narrowed by ``of`` (``narrows``), which is made when the rule is saved.

    ``private``: who may not see private data may not spell it out by rules either
    (``rules.private``).

    ``said`` are the words for a yes and for a no, where "… is yes" would be none.

    ``moved_by`` names our own events that tell of a change of the value: whoever they are
    about is derived again, where a rule in use reads the field.
    """

    key: str
    label: str | Promise
    type: str
    column: str = ""
    json_key: str = ""
    zoned: bool = False
    choices: tuple[Choice, ...] | None = None
    ref: int | str = 0
    level: int = FACT
    pending: bool = False
    group: str | Promise = ""
    join: Join | None = None
    since: str = ""
    past: Past | None = None
    consent: str = ""
    event: EventRef | None = None
    narrows: tuple[Narrow, ...] = ()
    moved_by: frozenset[str] = frozenset()
    private: bool = False
    said: tuple[str | Promise, str | Promise] | None = None

    def choice(self, key: str) -> Choice | None:
        """The choice of that key."""
        return next((choice for choice in self.choices or () if choice.key == key), None)


class Fields(Mapping[str, Field]):
    """The fields as they were defined at one moment; equal only to themselves, so that
    what is compiled from them can be kept by them."""

    __hash__ = object.__hash__

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = {field.key: field for field in fields}
        self._signals = {
            _event_key(field.event): field
            for field in self._fields.values()
            if field.type == SIGNAL and field.ref and field.event is not None
        }

    def counting(self, event: EventRef) -> Field | None:
        """The signal that counts exactly this."""
        return self._signals.get(_event_key(event))

    @override
    def __getitem__(self, key: str) -> Field:
        return self._fields[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    @override
    def __len__(self) -> int:
        return len(self._fields)

    @override
    def __eq__(self, other: object) -> bool:
        return self is other


PROVIDERS: Registry[Callable[[], Iterable[Field]]] = Registry("rule fields")
"""Name of a domain to a function that reads its fields."""


def _event_key(event: EventRef) -> str:
    return json.dumps(event_json(event), sort_keys=True, ensure_ascii=False)


def snapshot() -> Fields:
    """All fields as defined now: one query per domain that has definitions."""
    return Fields(field for provider in PROVIDERS.values() for field in provider())


class PropFields(Fields):
    """The fields of a signal's filter: any property, named ``prop.<key>``."""

    def __init__(self) -> None:
        super().__init__(())

    @override
    def __getitem__(self, key: str) -> Field:
        name = key.removeprefix("prop.")
        if name == key or not name:
            raise KeyError(key)
        return Field(
            key=key,
            label=name,
            type=ANY,
            column="props",
            json_key=name,
            private=masking.hides(name),
        )

    @override
    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.startswith("prop.") and len(key) > len("prop.")


PROPS = PropFields()

PERSON = _("Person")
ACTIVITY = _("Activity")
CONSENTS = _("Consent")
ATTRIBUTES = _("Attributes")

COMPANIES = _("Company")

PURPOSES = (
    ("marketing", _("marketing")),
    ("sales_contact", _("contact by sales")),
    ("tracking", _("tracking")),
)

COMPANY = Join("co", "LEFT JOIN people_company co ON co.id = c.company_id")

_RANDOM = (
    "(('x' || encode(substr(sha256(convert_to({salt} || ':' || c.contact_id::text, 'UTF8')),"
    " 1, 4), 'hex'))::bit(32)::bigint / 42949672.96)"
)
"""Evenly from 0 up to 100, always the same for a contact and a salt."""


def said_since(key: str = "{key}", table: str = "c") -> str:
    """SQL of the day since when a value of a profile has been what it is: a literal key, or
    that of the field."""
    name = key if key.startswith("{") else f"'{key}'"
    return (
        f"(coalesce({table}.provenance -> {name} ->> 'since',"
        f" {table}.provenance -> {name} ->> 'at')::timestamptz AT TIME ZONE {{zone}})::date"
    )


STATIC: tuple[Field, ...] = (
    Field(
        "contact.email",
        _("email"),
        TEXT,
        "c.email",
        since=said_since("email"),
        group=PERSON,
        private=True,
    ),
    Field(
        "contact.phone",
        _("phone"),
        TEXT,
        "c.phone",
        since=said_since("phone"),
        group=PERSON,
        private=True,
    ),
    Field(
        "contact.first_name",
        _("first name"),
        TEXT,
        "c.first_name",
        since=said_since("first_name"),
        group=PERSON,
    ),
    Field(
        "contact.last_name",
        _("last name"),
        TEXT,
        "c.last_name",
        since=said_since("last_name"),
        group=PERSON,
        private=True,
    ),
    Field(
        "contact.locale",
        _("language"),
        TEXT,
        "c.locale",
        since=said_since("locale"),
        group=PERSON,
    ),
    Field(
        "contact.time_zone",
        _("time zone"),
        TEXT,
        "c.time_zone",
        since=said_since("time_zone"),
        group=PERSON,
    ),
    Field(
        "contact.country",
        _("country"),
        TEXT,
        "c.country",
        since=said_since("country"),
        group=PERSON,
    ),
    Field("contact.city", _("city"), TEXT, "c.city", since=said_since("city"), group=PERSON),
    Field(
        "contact.known",
        _("known"),
        BOOLEAN,
        "c.known",
        group=PERSON,
        said=(_("is known"), _("is anonymous")),
    ),
    Field("contact.created_at", _("created"), DATE, "c.created_at", zoned=True, group=PERSON),
    Field(
        "standing.first_seen", _("first seen"), DATE, "s.first_seen", zoned=True, group=ACTIVITY
    ),
    Field(
        "standing.last_seen", _("last seen"), DATE, "s.last_seen", zoned=True, group=ACTIVITY
    ),
    Field(
        "contact.suppressed",
        _("address is suppressed"),
        BOOLEAN,
        "EXISTS (SELECT 1 FROM suppression z WHERE z.value = c.email AND z.kind = 'email'"
        " OR z.value = c.phone AND z.kind = 'phone')",
        group=PERSON,
        said=(_("address is suppressed"), _("address is not suppressed")),
    ),
    Field("random", _("random share"), RANDOM, _RANDOM, group=PERSON),
    Field(
        "company.name", _("name of the company"), TEXT, "co.name", join=COMPANY, group=COMPANIES
    ),
    Field(
        "company.domain",
        _("domain of the company"),
        TEXT,
        "co.domain",
        join=COMPANY,
        group=COMPANIES,
    ),
    *(
        field
        for purpose, label in PURPOSES
        for field in (
            Field(
                f"consent.{purpose}", label, CONSENT, "given", consent=purpose, group=CONSENTS
            ),
            Field(
                f"consent.{purpose}.at",
                format_lazy(_("{purpose}: last said"), purpose=label),
                DATE,
                "at",
                zoned=True,
                consent=purpose,
                group=CONSENTS,
            ),
            Field(
                f"consent.{purpose}.source",
                format_lazy(_("{purpose}: said through"), purpose=label),
                TEXT,
                "source",
                consent=purpose,
                group=CONSENTS,
            ),
        )
    ),
)

ATTRIBUTE_TYPES = {
    "text": TEXT,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "datetime": DATE,
    "list": LIST,
    "choice": TEXT,
    "email": TEXT,
    "url": TEXT,
}
"""Type of an attribute to the type of its field; times are compared by their day."""


def _people() -> Iterable[Field]:
    yield from STATIC
    tags = Tag.objects.filter(archived_at__isnull=True).order_by("name")
    choices = tuple(Choice(tag.key, tag.name, tag.key) for tag in tags)
    yield Field("contact.tags", _("tags"), LIST, "c.tags", choices=choices, group=PERSON)
    for own in Attribute.objects.filter(archived_at__isnull=True).order_by("label"):
        yield Field(
            key=f"attr.{own.key}",
            label=own.label,
            type=ATTRIBUTE_TYPES[own.type],
            column="c.attributes",
            json_key=own.key,
            since=said_since(),
            group=ATTRIBUTES,
            private=own.type == "email" or masking.hides(own.key),
        )
    for theirs in CompanyAttribute.objects.filter(archived_at__isnull=True).order_by("label"):
        yield Field(
            key=f"company.attr.{theirs.key}",
            label=theirs.label,
            type=ATTRIBUTE_TYPES[theirs.type],
            column="co.attributes",
            json_key=theirs.key,
            since=said_since(table="co"),
            group=COMPANIES,
            join=COMPANY,
        )


PROVIDERS.register("people", _people)
