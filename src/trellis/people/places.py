"""From a network address to a country and a city, by a local file, and forgotten at once.

Off unless the operator names a file (``TRELLIS_PLACES``, MMDB format) and a legal basis
(``TRELLIS_PLACES_BASIS``). The address itself is never kept: what goes on is the place.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

import maxminddb
from django.conf import settings

SRC = "ip"
"""``src`` of a place that was found by the network address."""
COUNTRY, CITY = "place_country", "place_city"
"""Properties of an event that hold the place."""


def active() -> bool:
    """Whether places are looked up at all."""
    return bool(settings.TRELLIS_PLACES)


def locate(address: str) -> dict[str, str]:
    """The place of an address as properties of an event; empty where none is known, for
    private addresses, and while places are switched off."""
    if not active():
        return {}
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return {}
    if not parsed.is_global:
        return {}
    found = _reader(str(settings.TRELLIS_PLACES)).get(parsed)
    if not isinstance(found, dict):
        return {}
    country = _at(found, "country", "iso_code") or _at(found, "registered_country", "iso_code")
    city = _at(found, "city", "names", "en")
    pairs = ((COUNTRY, country), (CITY, city))
    return {key: value for key, value in pairs if isinstance(value, str) and value}


def _at(found: Any, *path: str) -> Any:
    for part in path:
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


@lru_cache(maxsize=2)
def _reader(path: str) -> maxminddb.Reader:
    return maxminddb.open_database(path, maxminddb.MODE_MMAP)
