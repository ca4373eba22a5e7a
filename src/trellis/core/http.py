"""The one door to the network: small JSON requests with typed outcomes."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

TIMEOUT = 10.0
LONGEST = 30.0
"""Seconds that a request lasts at most, however slowly the answer drips."""
LARGEST = 256 * 1024
"""Bytes of an answer that are read at most."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the other side answered."""

    status: int
    body: bytes


class Failed(Exception):
    """A request that came to nothing. ``reason`` is a code, ``detail`` a sentence."""

    def __init__(self, reason: str, detail: str, reply: Reply | None = None) -> None:
        self.reason = reason
        self.detail = detail
        self.reply = reply
        super().__init__(f"{reason}: {detail}")


class Transient(Failed):
    """It may succeed later: no connection, too slow, overloaded, broken."""


class Permanent(Failed):
    """It will not succeed: the other side refused this request."""


class Misconfigured(Failed):
    """No request will succeed until somebody changes a setting."""


_SETTINGS = frozenset({401, 403, 404, 405, 410})
_LATER = frozenset({408, 409, 425, 429})


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout: float = TIMEOUT
) -> Reply:
    """POST a body; redirects are not followed, and addresses that only machines of a data
    centre answer (link-local ones) are refused. Raises ``Transient``, ``Permanent`` or
    ``Misconfigured``; a 2xx answer is returned."""
    begun = time.monotonic()
    try:
        _refuse_link_local(url)
        with (
            httpx.Client(timeout=timeout, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=dict(headers)) as answer,
        ):
            reply = Reply(status=answer.status_code, body=_read(answer, begun))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
        raise Misconfigured("bad_url", str(error)[:200]) from error
    except httpx.TimeoutException as error:
        raise Transient("too_slow", f"no answer within {timeout:g} s") from error
    except httpx.TransportError as error:
        raise Transient("no_connection", str(error)[:200]) from error
    except httpx.RequestError as error:
        raise Permanent("bad_answer", str(error)[:200]) from error
    if 200 <= reply.status < 300:
        return reply
    said = f"answered {reply.status}"
    if reply.status in _SETTINGS or 300 <= reply.status < 400:
        raise Misconfigured(f"http_{reply.status}", said, reply)
    if reply.status in _LATER or reply.status >= 500:
        raise Transient(f"http_{reply.status}", said, reply)
    raise Permanent(f"http_{reply.status}", said, reply)


def _refuse_link_local(url: str) -> None:
    """Addresses like 169.254.169.254 hand out the keys of a machine to whoever asks there."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname or "", parts.port, type=socket.SOCK_STREAM)
    except OSError:
        return  # It is asked in vain, which says why.
    for *_kind, address in found:
        if ipaddress.ip_address(str(address[0]).partition("%")[0]).is_link_local:
            raise Misconfigured("link_local", f"{parts.hostname} is a link-local address")


def _read(answer: httpx.Response, begun: float) -> bytes:
    found = bytearray()
    for piece in answer.iter_bytes():
        found += piece
        if len(found) > LARGEST:
            raise Permanent("too_large", f"more than {LARGEST} bytes")
        if time.monotonic() - begun > LONGEST:
            raise Transient("too_slow", f"no whole answer within {LONGEST:g} s")
    return bytes(found)
