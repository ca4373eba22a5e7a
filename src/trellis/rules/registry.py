"""The fields a rule may read. This domain knows those of contacts, standings, attributes
and consents; upper domains register theirs in ``apps.ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from trellis.core.registry import Registry
from trellis.people.models import Attribute
from trellis.rules.types import ANY, BOOLEAN, CONSENT, DATE, LIST, NUMBER, TEXT, Rule, fields_of

FACT = 0
SCORE = 1
STAGE = 2
SEGMENT = 3
"""Levels of derivation. A rule that decides something of a level may read lower ones."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a closed field; ``id`` is what the database holds."""

    key: str
    label: str
    id: int | str


@dataclass(frozen=True, slots=True)
class Field:
    """Something a rule can read.

    ``column`` is SQL over the aliases of the compiler's frame (``c`` contact, ``s``
    standing); with ``json_key`` it is a jsonb document that has the value under that key.
    ``zoned`` marks a timestamp, which rules read as a day of the instance's zone. ``ref`` is
    the id of a signal, or the purpose of a consent.
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

    def choice(self, key: str) -> Choice | None:
        """The choice of that key."""
        return next((choice for choice in self.choices or () if choice.key == key), None)


class Fields(Mapping[str, Field]):
    """The fields as they were defined at one moment; equal only to themselves, so that
    what is compiled from them can be kept by them."""

    __hash__ = object.__hash__

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = {field.key: field for field in fields}

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


def pending(rule: Rule, fields: Mapping[str, Field]) -> bool:
    """Whether a rule reads a field that is not complete yet."""
    return any(key in fields and fields[key].pending for key in fields_of(rule))


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
        return Field(key=key, label=name, type=ANY, column="props", json_key=name)

    @override
    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.startswith("prop.") and len(key) > len("prop.")


PROPS = PropFields()

PERSON = _("Person")
ACTIVITY = _("Activity")
CONSENTS = _("Consent")
ATTRIBUTES = _("Attributes")

STATIC: tuple[Field, ...] = (
    Field("contact.email", _("email"), TEXT, "c.email", group=PERSON),
    Field("contact.phone", _("phone"), TEXT, "c.phone", group=PERSON),
    Field("contact.first_name", _("first name"), TEXT, "c.first_name", group=PERSON),
    Field("contact.last_name", _("last name"), TEXT, "c.last_name", group=PERSON),
    Field("contact.locale", _("language"), TEXT, "c.locale", group=PERSON),
    Field("contact.time_zone", _("time zone"), TEXT, "c.time_zone", group=PERSON),
    Field("contact.country", _("country"), TEXT, "c.country", group=PERSON),
    Field("contact.city", _("city"), TEXT, "c.city", group=PERSON),
    Field("contact.known", _("known"), BOOLEAN, "c.known", group=PERSON),
    Field("contact.created_at", _("created"), DATE, "c.created_at", zoned=True, group=PERSON),
    Field(
        "standing.first_seen", _("first seen"), DATE, "s.first_seen", zoned=True, group=ACTIVITY
    ),
    Field(
        "standing.last_seen", _("last seen"), DATE, "s.last_seen", zoned=True, group=ACTIVITY
    ),
    Field("consent.marketing", _("marketing"), CONSENT, ref="marketing", group=CONSENTS),
    Field(
        "consent.sales_contact",
        _("contact by sales"),
        CONSENT,
        ref="sales_contact",
        group=CONSENTS,
    ),
    Field("consent.tracking", _("tracking"), CONSENT, ref="tracking", group=CONSENTS),
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
    for attribute in Attribute.objects.filter(archived_at__isnull=True).order_by("label"):
        yield Field(
            key=f"attr.{attribute.key}",
            label=attribute.label,
            type=ATTRIBUTE_TYPES[attribute.type],
            column="c.attributes",
            json_key=attribute.key,
            group=ATTRIBUTES,
        )


PROVIDERS.register("people", _people)
