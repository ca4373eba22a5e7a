"""Traits as they come in, and typed values as they are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import re2

from trellis.people import normal
from trellis.people.models import Definition

BUILT_IN = (
    "email", "phone", "first_name", "last_name", "locale", "time_zone", "country", "city",
    "company",
)  # fmt: skip
"""Fields with a column of their own."""
TAGS = "tags"
"""The trait that puts tags on a contact: a list, or words with commas between them."""

_ALIASES = {
    "firstName": "first_name",
    "lastName": "last_name",
    "timezone": "time_zone",
    "timeZone": "time_zone",
    "countryCode": "country",
    "country_code": "country",
    "company_name": "company",
}
MAX_KEY = 64
MAX_TEXT = 4_000
MAX_ITEMS = 200
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")


class BadValue(ValueError):
    """A value does not fit its field; ``args[0]`` is the reason code."""


def flatten(traits: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Traits by our keys: aliases resolved, ``name`` split, ``address`` and other objects
    taken apart one level deep (``address_street``)."""
    for raw, value in traits.items():
        key = _ALIASES.get(raw, raw).strip()
        if key == "name" and isinstance(value, str):
            yield from _split_name(value, traits)
        elif key == "address" and isinstance(value, Mapping):
            yield from flatten(
                {k if k in ("city", "country") else f"address_{k}": v for k, v in value.items()}
            )
        elif key == "company":
            yield key, value
        elif isinstance(value, Mapping):
            yield from ((f"{key}_{inner}", item) for inner, item in value.items())
        elif key:
            yield key, value


def _split_name(name: str, traits: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if any(key in traits for key in ("first_name", "firstName", "last_name", "lastName")):
        return
    first, _, last = name.strip().partition(" ")
    yield "first_name", first
    yield "last_name", last.strip()


def built_in(key: str, value: Any) -> str:
    """The text kept for a built-in field; raises ``BadValue``."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise BadValue("not_text")
    text = _clean(str(value))
    if key == "email":
        return _must(normal.normalise_email(text))
    if key == "phone":
        return _must(normal.normalise_phone(text))
    if key == "country" and len(text) == 2:
        return text.upper()
    if len(text) > 200:
        raise BadValue("too_long")
    return text


def _must(value: str | None) -> str:
    if value is None:
        raise BadValue("not_valid")
    return value


def infer(value: Any) -> str:
    """The type of an attribute seen for the first time."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    if isinstance(value, str) and _DATE.fullmatch(value):
        return "date"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return "datetime"
    return "text"


def fit(definition: Definition, value: Any) -> Any:
    """``value`` as JSON of an attribute: of its type, an option by its present name, within
    its limits; raises ``BadValue``."""
    out = _TYPED[definition.type](value)
    if definition.aliases:
        names = definition.aliases
        out = [names.get(i, i) for i in out] if isinstance(out, list) else names.get(out, out)
    items = out if isinstance(out, list) else [out]
    options = definition.options
    if options and any(item not in options for item in items):
        raise BadValue("not_an_option")
    if definition.type == "number":
        _within(definition, out)
    if definition.pattern and not all(_matches(definition.pattern, item) for item in items):
        raise BadValue("no_match")
    return out


def _within(definition: Definition, number: float) -> None:
    if definition.minimum is not None and number < definition.minimum:
        raise BadValue("below_minimum")
    if definition.maximum is not None and number > definition.maximum:
        raise BadValue("above_maximum")


@lru_cache(maxsize=512)
def pattern(text: str) -> Any:
    """A regular expression of staff, compiled so that it runs in linear time whatever it is
    matched with; raises ``re2.error`` where it is none."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options)


def _matches(text: str, item: Any) -> bool:
    return pattern(text).fullmatch(str(item)) is not None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise BadValue("not_text")
    text = _clean(str(value))
    if len(text) > MAX_TEXT:
        raise BadValue("too_long")
    return text


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue("not_a_number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise BadValue("not_a_number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise BadValue("not_a_number")
    if isinstance(value, int):
        return value
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"true", "yes", "1", "on"}:
        return True
    if text in {"false", "no", "0", "off"}:
        return False
    raise BadValue("not_a_boolean")


def _date(value: Any) -> str:
    try:
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError:
        raise BadValue("not_a_date") from None


def _moment(value: Any) -> str:
    try:
        return datetime.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        raise BadValue("not_a_date") from None


def _list(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_ITEMS:
        raise BadValue("too_long")
    if not all(isinstance(item, str | int | float) for item in items):
        raise BadValue("not_a_list")
    return [_clean(item) if isinstance(item, str) else item for item in items]


def _email(value: Any) -> str:
    return _must(normal.normalise_email(_text(value)))


def _url(value: Any) -> str:
    text = _text(value)
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        raise BadValue("not_a_url") from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or "." not in host or " " in text:
        raise BadValue("not_a_url")
    return text


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


_TYPED: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _moment,
    "list": _list,
    "choice": _text,
    "email": _email,
    "url": _url,
}
TYPES = tuple(_TYPED)
"""The types an attribute can have; a choice is one of its options."""
