"""The collection API (`/v1/*`) and the tracker script, as a bare ASGI app.

Compatible with the Segment HTTP tracking spec. A request is answered once everything in it
is durable: what is accepted in the inbox, what is refused with its reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from trellis.core import clock
from trellis.events import collect, rejected
from trellis.people import places
from trellis.tracking.crowds import network_of
from trellis.tracking.parse import (
    ENDPOINTS,
    BodyRefused,
    open_body,
    parse_batch,
    parse_items,
)
from trellis.tracking.types import (
    BOTS,
    MAX_BATCH_BYTES,
    MAX_EVENT_BYTES,
    SENTENCES,
    Arrival,
    Envelope,
    Parsed,
    Reason,
    Refused,
)
from trellis.web.public import script
from trellis.web.public.committer import Committer, Full
from trellis.web.public.http import (
    CORS,
    Answer,
    BadEncoding,
    BodyTooLarge,
    Gone,
    Receive,
    Scope,
    Send,
    json_answer,
    read_body,
    unpack,
)
from trellis.web.public.keys import Keys

log = logging.getLogger(__name__)

LIMIT = MAX_BATCH_BYTES + MAX_EVENT_BYTES
"""Bytes of a body: a full batch, and room for what SDKs put around it."""

STATUS = {
    Reason.UNKNOWN_KEY: 401,
    Reason.TOO_LARGE: 413,
    Reason.TOO_MANY: 413,
    Reason.BAD_ENCODING: 415,
}
"""Reason → HTTP status; every other reason is 400."""

_MAX_AGENT = 400
_SHOWN = 20
_ACCEPTED = json_answer(200, {"success": True})
_BUSY = json_answer(
    503,
    {"success": False, "code": "busy", "message": "Too much at once; try again shortly."},
    (b"retry-after", b"2"),
)
_NO_METHOD = json_answer(
    405,
    {"success": False, "code": "method", "message": "Send a POST."},
    (b"allow", b"POST, OPTIONS"),
)
_NO_PATH = json_answer(
    404,
    {
        "success": False,
        "code": "path",
        "message": "There are /v1/identify, track, page, screen, group, alias and batch.",
    },
)
_PREFLIGHT = Answer(
    204,
    b"",
    (
        *CORS,
        (b"access-control-allow-methods", b"POST, OPTIONS"),
        (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
        (b"access-control-max-age", b"86400"),
    ),
)


def _refusal(reason: Reason) -> Answer:
    message = {"success": False, "code": reason.value, "message": SENTENCES[reason]}
    return json_answer(STATUS.get(reason, 400), message)


_REFUSALS = {reason: _refusal(reason) for reason in Reason}


class Request:
    """What the headers of a request say."""

    __slots__ = ("agent", "call", "client", "encoding", "header", "prefetch", "token")

    def __init__(self, scope: Scope, call: str) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        self.call = call
        self.header = headers.get(b"authorization", b"")
        self.encoding = headers.get(b"content-encoding", b"")
        self.agent = headers.get(b"user-agent", b"")
        self.token = headers.get(b"x-write-key", b"")
        self.prefetch = b"pre" in headers.get(b"sec-purpose", headers.get(b"purpose", b""))
        client = scope.get("client")
        self.client: str = client[0] if client else ""


class Collector:
    """The app. It binds to the event loop on which it is opened, or first called."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._opened = asyncio.Lock()
        self._committer: Committer | None = None
        self._keys: Keys | None = None

    def serves(self, path: str) -> bool:
        """Whether requests for ``path`` are its own."""
        return path.startswith("/v1/") or path == script.PATH

    async def open(self) -> None:
        """Read the keys and begin to commit."""
        async with self._opened:
            if self._committer is not None:
                return
            folder = self._folder or settings.TRELLIS_DATA / "spool"
            self._keys = Keys(folder)
            await self._keys.start()
            committer = Committer(folder)
            await committer.start()
            self._committer = committer

    async def close(self) -> None:
        """Make durable what was accepted, and end."""
        if self._committer is not None:
            await self._committer.stop()
        if self._keys is not None:
            await self._keys.stop()
        self._committer = self._keys = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path == script.PATH:
            await (await self._script(scope)).send(send)
            return
        call = ENDPOINTS.get(path)
        if scope["method"] == "OPTIONS":
            answer = _PREFLIGHT
        elif call is None:
            answer = _NO_PATH
        elif scope["method"] != "POST":
            answer = _NO_METHOD
        else:
            if self._committer is None:
                await self.open()
            try:
                answer = await self._collect(Request(scope, call), receive)
            except Gone:
                return
        await answer.send(send)

    async def _script(self, scope: Scope) -> Answer:
        token = script.key_in(scope)
        if not token:
            return script.answer(scope, None)
        if self._keys is None:
            await self.open()
        assert self._keys is not None, "open() came first"
        found = self._keys.for_script(token)
        if found is None:
            await self._keys.look_again()
            found = self._keys.for_script(token)
        return script.answer(scope, found)

    async def _collect(self, request: Request, receive: Receive) -> Answer:
        try:
            body = await read_body(receive, LIMIT)
            if request.encoding and request.encoding != b"identity":
                body = unpack(body, request.encoding, LIMIT)
        except BodyTooLarge:
            return await self._turn_away(request, Reason.TOO_LARGE)
        except BadEncoding:
            return await self._turn_away(request, Reason.BAD_ENCODING)
        key_id = self._key_of_headers(request)
        envelope: Envelope | None = None
        try:
            if request.call == "batch" or key_id is None:
                envelope = open_body(body)
            if key_id is None and envelope is not None:
                key_id = await self._key_of_body(request, envelope)
            if key_id is None:
                return await self._turn_away(request, Reason.UNKNOWN_KEY)
            arrival = self._arrival(request, key_id)
            if request.call == "batch" and envelope is not None:
                parsed = parse_batch(envelope, arrival)
            else:
                parsed = parse_items([body], arrival)
        except BodyRefused as refused:
            if key_id is None:
                return await self._turn_away(request, refused.reason)
            arrival = self._arrival(request, key_id)
            whole = Refused(0, refused.reason, refused.detail, body)
            parsed = Parsed(facts=[], refused=[whole], notes=[])
        _locate(parsed, request.client)
        return await self._keep(parsed, arrival, envelope)

    def _arrival(self, request: Request, key_id: int) -> Arrival:
        assert self._keys is not None, "open() came first"
        return Arrival(
            received=clock.now().timestamp(),
            call=request.call,
            key_id=key_id,
            user_agent=request.agent[:_MAX_AGENT].decode("latin-1"),
            network=network_of(request.client),
            prefetch=request.prefetch,
            options=self._keys.options_of(key_id),
        )

    def _key_of_headers(self, request: Request) -> int | None:
        assert self._keys is not None, "open() came first"
        found = self._keys.of_header(request.header) if request.header else None
        if found is None and request.token:
            found = self._keys.of_token(request.token.decode("latin-1"))
        return found

    async def _key_of_body(self, request: Request, envelope: Envelope) -> int | None:
        assert self._keys is not None, "open() came first"
        found = self._keys.of_token(envelope.write_key)
        if found is None and (envelope.write_key or request.header or request.token):
            await self._keys.look_again()
            found = self._keys.of_token(envelope.write_key) or self._key_of_headers(request)
        return found

    async def _keep(
        self, parsed: Parsed, arrival: Arrival, envelope: Envelope | None
    ) -> Answer:
        if len(parsed.facts) == 1 and not parsed.refused and not parsed.notes:
            counts = _ONE.get(parsed.facts[0].origin) or _counts(parsed)
            items: list[rejected.Item] = []
        else:
            items = _items(parsed, arrival, envelope)
            counts = _counts(parsed)
        if not await self._commit(collect.encode(parsed.facts), items, counts):
            return _BUSY
        return _answer(parsed)

    async def _commit(
        self,
        parts: list[tuple[int, bytes]],
        items: Sequence[rejected.Item],
        counts: Mapping[tuple[str, str], int],
    ) -> bool:
        assert self._committer is not None, "open() came first"
        if not counts:
            return True
        try:
            await self._committer.commit(parts, items, counts)
        except (Full, OSError):
            return False
        return True

    async def _turn_away(self, request: Request, reason: Reason) -> Answer:
        """Nothing of the body is kept: nobody vouches for it, or it is too large to read."""
        log.debug("collector: %s refused: %s", request.call, reason)
        if not await self._commit([], [], {("rejected", reason.value): 1}):
            return _BUSY
        return _REFUSALS[reason]


_samples: dict[Reason, int] = {}
"""Robots: the minute in which one of each reason was kept last; the others are counted."""


def _is_kept(reason: Reason, arrival: Arrival) -> bool:
    if reason not in BOTS:
        return True
    minute = int(arrival.received // 60)
    if _samples.get(reason) == minute:
        return False
    _samples[reason] = minute
    return True


def _locate(parsed: Parsed, address: str) -> None:
    """Give what a browser sent its place; the address goes no further."""
    if places.active() and (found := places.locate(address)):
        for fact in parsed.facts:
            if fact.origin == "t.js":
                fact.props.update(found)


def _items(parsed: Parsed, arrival: Arrival, envelope: Envelope | None) -> list[rejected.Item]:
    sent = "" if envelope is None or envelope.sent_at is None else str(envelope.sent_at)
    return [
        rejected.Item(
            at=arrival.received,
            reason=item.reason.value,
            detail=item.detail,
            origin=arrival.origin,
            call=arrival.call,
            sent=sent,
            key_id=arrival.key_id,
            body=item.body[: rejected.MAX_BODY],
        )
        for item in parsed.refused
        if _is_kept(item.reason, arrival)
    ]


_ONE = {origin: {("accepted", origin): 1} for origin in ("api", "t.js")}


def _counts(parsed: Parsed) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for item in parsed.refused:
        key = ("rejected", item.reason.value)
        counts[key] = counts.get(key, 0) + 1
    for fact in parsed.facts:
        key = ("accepted", fact.origin)
        counts[key] = counts.get(key, 0) + 1
    for note in parsed.notes:
        key = ("noted", note.value)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _answer(parsed: Parsed) -> Answer:
    if not parsed.refused:
        return _ACCEPTED
    if not parsed.facts and len(parsed.refused) == 1:
        return _REFUSALS[parsed.refused[0].reason]
    return json_answer(
        200 if parsed.facts else 400,
        {
            "success": bool(parsed.facts),
            "accepted": len(parsed.facts),
            "rejected": len(parsed.refused),
            "code": parsed.refused[0].reason.value,
            "message": SENTENCES[parsed.refused[0].reason],
            "errors": [
                {"index": item.index, "code": item.reason.value}
                for item in parsed.refused[:_SHOWN]
            ],
        },
    )


application = Collector()
"""The collector of this process."""
