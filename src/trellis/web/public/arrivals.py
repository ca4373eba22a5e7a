"""What a click in a message takes along: who clicked, for the tracker of our own sites.

Sites are named in the settings of write keys. They are kept in memory for some seconds, so
that a redirect works while the database is away.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit, urlunsplit

from django.db import Error, connection

from trellis.accounts.models import Key, KeyKind
from trellis.core import clock
from trellis.messaging import tokens
from trellis.messaging.tokens import Arrival, Origin
from trellis.tracking import options

PARAMETER = "trellis"
"""The part of the address that t.js takes out."""
_SECONDS = 5.0


class _Known:
    """The sites as they were read last."""

    sites: frozenset[str] = frozenset()
    read_at = -_SECONDS


def marked(url: str, origin: Origin) -> str:
    """``url`` with who clicked, where it leads to one of our sites; else as it is."""
    parts = urlsplit(url)
    if not _ours(parts.hostname or "") or not origin.contact_id:
        return url
    now = int(clock.now().timestamp())
    token = tokens.arrival_token(
        Arrival(origin.contact_id, origin.message_id, origin.template, now)
    )
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}{PARAMETER}={token}"))


def forget() -> None:
    """Read the sites again at the next click."""
    _Known.read_at = -_SECONDS


def _ours(host: str) -> bool:
    """Whether a host is a site or below one."""
    sites = _sites()
    labels = host.lower().split(".")
    return any(".".join(labels[i:]) in sites for i in range(len(labels)))


def _sites() -> frozenset[str]:
    tick = time.monotonic()
    if tick - _Known.read_at >= _SECONDS:
        _Known.read_at = tick
        try:
            rows = Key.objects.filter(kind=KeyKind.WRITE, revoked_at=None)
            kept = [options.load(said) for said in rows.values_list("tracking", flat=True)]
        except Error:
            connection.close()
        else:
            _Known.sites = frozenset(site for one in kept for site in one.sites)
    return _Known.sites
