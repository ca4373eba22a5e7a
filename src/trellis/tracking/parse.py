"""From the bytes of a tracking call to facts, once (design section 3, step 1).

What happens to each item stands in ``steps.STEPS``. Nothing is lost: every item of a body
comes out as a fact or as a refusal, whatever was in it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from trellis.events.types import Fact
from trellis.tracking import clean
from trellis.tracking.draft import Draft
from trellis.tracking.steps import STEPS
from trellis.tracking.types import (
    MAX_BATCH_EVENTS,
    Arrival,
    Envelope,
    Parsed,
    Reason,
    Refused,
)

log = logging.getLogger(__name__)

ENDPOINTS: dict[str, str] = {
    "/v1/identify": "identify",
    "/v1/track": "track",
    "/v1/page": "page",
    "/v1/screen": "screen",
    "/v1/group": "group",
    "/v1/alias": "alias",
    "/v1/batch": "batch",
    "/v1/import": "batch",
    "/v1/i": "identify",
    "/v1/t": "track",
    "/v1/p": "page",
    "/v1/s": "screen",
    "/v1/g": "group",
    "/v1/a": "alias",
    "/v1/b": "batch",
}
"""Path → call. The short ones are those of browser libraries."""

_BOM = b"\xef\xbb\xbf"
_envelopes = msgspec.json.Decoder(Envelope)


class BodyRefused(Exception):
    """A body whose items cannot even be told apart. Carries the reason."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason)


def open_body(body: bytes) -> Envelope:
    """The outer layer of a body: its write key, its sending time, its items.

    Raises ``BodyRefused`` where it is no JSON object or its batch is no list.
    """
    if body.startswith(_BOM):
        body = body[len(_BOM) :]
    try:
        return _envelopes.decode(body)
    except RecursionError:
        raise BodyRefused(Reason.TOO_DEEP) from None
    except UnicodeDecodeError:
        raise BodyRefused(Reason.NOT_UTF8) from None
    except msgspec.DecodeError as error:
        return _open_leniently(body, error)


def _open_leniently(body: bytes, error: msgspec.DecodeError) -> Envelope:
    """Broken text in one item must not lose the others."""
    try:
        found = clean.lenient(body)
        if not isinstance(found, dict):
            raise BodyRefused(Reason.NOT_AN_OBJECT)
        items = found.pop("batch", None)
        if items is not None and not isinstance(items, list):
            raise BodyRefused(Reason.WRONG_TYPE, "batch must be a list")
        envelope = msgspec.convert(found, Envelope)
        if items is not None:
            envelope.batch = [msgspec.Raw(msgspec.json.encode(item)) for item in items]
    except UnicodeDecodeError:
        raise BodyRefused(Reason.NOT_UTF8) from None
    except (ValueError, msgspec.MsgspecError):
        raise BodyRefused(Reason.NOT_JSON, str(error)[:200]) from None
    except RecursionError:
        raise BodyRefused(Reason.TOO_DEEP) from None
    return envelope


def parse_batch(envelope: Envelope, arrival: Arrival) -> Parsed:
    """All items of a batch. Raises ``BodyRefused`` where it has none, or too many."""
    items = envelope.batch
    if items is None:
        raise BodyRefused(Reason.WRONG_TYPE, "batch is missing")
    if len(items) > MAX_BATCH_EVENTS:
        raise BodyRefused(Reason.TOO_MANY, f"{len(items)} events")
    context = envelope.context if isinstance(envelope.context, dict) else {}
    return parse_items([bytes(item) for item in items], arrival, envelope.sent_at, context)


def parse_items(
    items: Sequence[bytes],
    arrival: Arrival,
    sent: Any = None,
    context: dict[str, Any] | None = None,
) -> Parsed:
    """Each item through the steps. ``sent`` and ``context`` are those of the batch."""
    parsed = Parsed(facts=[], refused=[], notes=[])
    for index, raw in enumerate(items):
        draft = Draft(raw, arrival, sent, context or {})
        reason, detail = _walk(draft)
        if reason is None:
            parsed.facts.append(_fact(draft))
            parsed.notes.extend(draft.notes)
        else:
            parsed.refused.append(Refused(index, reason, detail, raw))
    return parsed


def _walk(draft: Draft) -> tuple[Reason | None, str]:
    try:
        for step in STEPS:
            reason = step(draft)
            if reason is not None:
                return reason, ""
    except Exception as error:  # one strange item must not fail the others
        log.exception("a tracking item failed")
        return Reason.INTERNAL, f"{type(error).__name__}: {error}"[:200]
    return None, ""


def _fact(draft: Draft) -> Fact:
    return Fact(
        message_id=draft.message_id,
        type=draft.type,
        name=draft.name,
        at=draft.at,
        stamp=draft.stamp,
        ids=draft.ids,
        traits=draft.traits,
        props=draft.props,
        consent=draft.consent,
        origin=draft.origin,
        key_id=draft.arrival.key_id,
        previous=draft.previous,
        came_by=draft.came_by,
    )
