"""Visitors who have not agreed yet: counted as one of a crowd, for one day.

Their browser sends no id and keeps nothing. What they do is put down to a name made of the
day, the write key, the network (never the whole address) and the browser's name, hashed with
the instance's secret. Several people may share it, nobody keeps it beyond the day, and it is
never joined with a person.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

PREFIX = "crowd-"
_V4, _V6 = 24, 48


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """The network an address lies in: its first 24 bits, or 48 of IPv6; "" for none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    bits = _V4 if found.version == 4 else _V6
    return str(ipaddress.ip_network((found, bits), strict=False))


def crowd_of(day: int, key_id: int | None, network: str, agent: str) -> str:
    """The name of a crowd. ``day``: days since 1970."""
    said = f"{day}|{key_id}|{network}|{agent}".encode()
    secret = settings.SECRET_KEY.encode()[:64]
    return PREFIX + blake2b(said, key=secret, digest_size=12, person=b"crowd").hexdigest()
