"""Names of countries and languages in the reader's language, from the Unicode CLDR."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale


def country(code: str) -> str:
    """The name of a country by its ISO 3166-1 code; the code itself where it names none."""
    return str(_reader(get_language() or "en").territories.get(code.upper(), code))


def language(code: str) -> str:
    """The name of a language by its BCP 47 tag; the tag itself where it names none."""
    try:
        return str(
            Locale.parse(code, sep="-").get_display_name(_reader(get_language() or "en"))
        )
    except (ValueError, UnknownLocaleError):
        return code


@lru_cache(maxsize=16)
def _reader(code: str) -> Locale:
    return Locale.parse(to_locale(code))
