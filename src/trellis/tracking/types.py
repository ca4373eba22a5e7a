"""The outside world as the tracking API sees it: a call, why it was refused, what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from trellis.events.types import Fact
from trellis.tracking.options import DEFAULT, Options

MAX_EVENT_BYTES = 32 * 1024
MAX_BATCH_BYTES = 500 * 1024
MAX_BATCH_EVENTS = 2_500
"""The limits of the Segment tracking spec: one event, one batch, events of a batch."""

MAX_DEPTH = 32
"""How deep objects and lists of an event may nest."""
MAX_NAME = 200
"""Characters of an event's name at most."""
OLDEST = 946_684_800.0
"""1 January 2000 as UTC seconds: an earlier time is a broken clock, not a fact."""
NO_STAMP = 1
"""``Fact.stamp`` of a client that sent no timestamp. Facts of our own carry 0, so no
outside message id can take the place of one of them."""

WEB_LIBRARIES = frozenset({"t.js", "analytics.js"})
"""``context.library.name`` of clients that run in the visitor's browser."""


class Reason(StrEnum):
    """Why an item was not accepted. The sentence is in ``SENTENCES``."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    NOT_UTF8 = "not_utf8"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_CALL = "unknown_call"
    NO_EVENT_NAME = "no_event_name"
    NAME_TOO_LONG = "name_too_long"
    NO_IDENTITY = "no_identity"
    NO_GROUP = "no_group"
    NO_PREVIOUS = "no_previous"
    BAD_TIMESTAMP = "bad_timestamp"
    TOO_OLD = "too_old"
    UNKNOWN_KEY = "unknown_key"
    BAD_ENCODING = "bad_encoding"
    BOT_CRAWLER = "bot_crawler"
    BOT_HEADLESS = "bot_headless"
    BOT_AUTOMATED = "bot_automated"
    BOT_PROGRAM = "bot_program"
    BOT_PREFETCH = "bot_prefetch"
    INTERNAL = "internal"


SENTENCES: dict[Reason, str] = {
    Reason.NOT_JSON: "The body is not valid JSON.",
    Reason.NOT_AN_OBJECT: "The item is not a JSON object.",
    Reason.NOT_UTF8: "The text is not UTF-8.",
    Reason.TOO_LARGE: "An event may have 32 KB, a batch 500 KB.",
    Reason.TOO_MANY: "A batch may hold 2,500 events.",
    Reason.TOO_DEEP: "Objects and lists may nest 32 levels deep.",
    Reason.WRONG_TYPE: "A field has the wrong type.",
    Reason.UNKNOWN_CALL: "type must be identify, track, page, screen, group or alias.",
    Reason.NO_EVENT_NAME: "A track call needs an event name in `event`.",
    Reason.NAME_TOO_LONG: "An event name may have 200 characters.",
    Reason.NO_IDENTITY: "userId or anonymousId is missing, or names nobody.",
    Reason.NO_GROUP: "A group call needs groupId.",
    Reason.NO_PREVIOUS: "An alias call needs previousId.",
    Reason.BAD_TIMESTAMP: "timestamp is not an ISO 8601 time.",
    Reason.TOO_OLD: "The time lies before the year 2000.",
    Reason.UNKNOWN_KEY: "The write key is missing, unknown or revoked.",
    Reason.BAD_ENCODING: "The body could not be unpacked: only gzip and deflate are read.",
    Reason.BOT_CRAWLER: "A known crawler, not a person.",
    Reason.BOT_HEADLESS: "A headless browser, not a person.",
    Reason.BOT_AUTOMATED: "A browser that a program steers, not a person.",
    Reason.BOT_PROGRAM: "A program, not a browser.",
    Reason.BOT_PREFETCH: "A page loaded ahead of time; nobody has looked at it yet.",
    Reason.INTERNAL: "Trellis failed on this item; it is kept and can be replayed.",
}
"""What each reason means, as it is answered to clients and shown to staff."""


BOTS = frozenset(reason for reason in Reason if reason.startswith("bot_"))
"""Reasons for which all are counted, and only samples kept: crawlers come in thousands."""


class Note(StrEnum):
    """What was put right or set aside in an accepted item; counted, never silent."""

    BOT = "bot"
    JUNK_ID = "junk_id"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    FUTURE_TIME = "future_time"
    BAD_SENT_AT = "bad_sent_at"
    CLEANED_TEXT = "cleaned_text"
    NO_MESSAGE_ID = "no_message_id"
    BAD_ARRIVAL = "bad_arrival"
    OLD_ARRIVAL = "old_arrival"


class Call(msgspec.Struct, rename="camel"):
    """One call of the spec as it came: only the shapes are checked."""

    type: str | None = None
    message_id: str | int | None = None
    user_id: str | int | float | None = None
    anonymous_id: str | int | float | None = None
    previous_id: str | int | float | None = None
    group_id: str | int | float | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None
    traits: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class Envelope(msgspec.Struct, rename="camel"):
    """What a body says about all its calls. ``batch`` is absent in a single call."""

    batch: list[msgspec.Raw] | None = None
    write_key: Any = None
    sent_at: Any = None
    context: Any = None


class Refused(msgspec.Struct, frozen=True):
    """An item that was not accepted: its place in the batch, why, and its bytes."""

    index: int
    reason: Reason
    detail: str
    body: bytes


class Parsed(msgspec.Struct):
    """What a body came to: each item is in exactly one of the two lists."""

    facts: list[Fact]
    refused: list[Refused]
    notes: list[Note]


class Arrival(msgspec.Struct, frozen=True):
    """How a body came in. ``received``: UTC seconds of the product's clock; ``call``: the
    endpoint's call, or "batch"; ``user_agent``: of the HTTP request; ``network``: where it
    came from, never the whole address; ``prefetch``: the browser loaded ahead of time;
    ``options``: those of the write key."""

    received: float
    call: str
    key_id: int | None = None
    user_agent: str = ""
    origin: str = "api"
    network: str = ""
    prefetch: bool = False
    options: Options = DEFAULT
