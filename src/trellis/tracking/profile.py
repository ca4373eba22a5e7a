"""What a call says about the person: traits in our own words, and the ids among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trellis.people.normal import normalise_email, normalise_phone

FIELDS: dict[str, str] = {
    "email": "email",
    "phone": "phone",
    "firstname": "first_name",
    "lastname": "last_name",
    "locale": "locale",
    "timezone": "time_zone",
    "country": "country",
    "address_country": "country",
    "city": "city",
    "address_city": "city",
}
"""Spellings of contact fields, without case, blanks and underscores but in flattened
addresses; every other trait is an attribute under its own name."""

MAX_KEY = 64
MAX_FIELD = 255
"""Characters of an attribute's key, and of a contact field, at most."""

_REGION_OF_LANGUAGE = 2


def flat(traits: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Traits with nested objects spread out: ``job.title`` becomes ``job_title``. A
    ``company`` stays whole: it is a thing of its own."""
    for key, value in traits.items():
        name = f"{prefix}{key.strip()}"
        if isinstance(value, dict) and name != "company":
            yield from flat(value, f"{name}_")
        elif name:
            yield name[:MAX_KEY], value


def traits(given: Mapping[str, Any]) -> dict[str, Any]:
    """Traits by our keys; a bare ``name`` fills the first and last name where they lack."""
    found: dict[str, Any] = {}
    for key, value in flat(given):
        field = field_of(key)
        if field is None:
            found[key] = value
        elif (said := field_text(value)) or field not in found:
            found[field] = said
    if "name" in found and "first_name" not in found and "last_name" not in found:
        first, _, last = field_text(found.pop("name")).partition(" ")
        found["first_name"] = first
        if last:
            found["last_name"] = last.strip()
    return found


def field_of(key: str) -> str | None:
    """The contact field that a trait named ``key`` fills, if any."""
    plain = key.lower()
    return FIELDS.get(plain) or FIELDS.get(plain.replace("_", "").replace(" ", ""))


def field_text(value: Any) -> str:
    """A contact field is text: trimmed, with a length that can be shown."""
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).strip()[:MAX_FIELD]


def region(found: Mapping[str, Any], locale: str = "") -> str:
    """The country in which a phone number without a country code is dialled; "" = unknown."""
    country = str(found.get("country") or "")
    if len(country) == _REGION_OF_LANGUAGE and country.isalpha():
        return country.upper()
    tail = (str(found.get("locale") or "") or locale).replace("_", "-").rpartition("-")[2]
    return tail.upper() if len(tail) == _REGION_OF_LANGUAGE and "-" in locale else ""


def take_email(found: dict[str, Any]) -> tuple[str, str]:
    """Normalise ``found["email"]`` in place: (email, "") or ("", what was no address)."""
    said = found.get("email")
    if said is None:
        return "", ""
    email = normalise_email(said)
    if email is None:
        del found["email"]
        return "", said
    found["email"] = email
    return email, ""


def take_phone(found: dict[str, Any], locale: str = "") -> tuple[str, str]:
    """Normalise ``found["phone"]`` in place: (E.164, "") or ("", what was no number)."""
    said = found.get("phone")
    if said is None:
        return "", ""
    phone = normalise_phone(said, region(found, locale) or None)
    if phone is None:
        del found["phone"]
        return "", said
    found["phone"] = phone
    return phone, ""


def language_of(locale: str) -> str:
    """The language in a browser's locale as templates name it: ``es-ES`` is ``es``; Chinese
    keeps its script."""
    language, _, rest = locale.replace("_", "-").partition("-")
    if language.lower() != "zh":
        return language.lower()[:8]
    traditional = any(mark in rest.lower() for mark in ("hant", "tw", "hk", "mo"))
    return "zh-Hant" if traditional else "zh-Hans"
