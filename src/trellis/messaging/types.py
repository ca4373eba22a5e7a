"""The values that pass between asking to send, the gate, rendering and the channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

MARKETING = "marketing"
TRANSACTIONAL = "transactional"
PURPOSES = (MARKETING, TRANSACTIONAL)

QUEUED = "queued"
SENDING = "sending"
SENT = "sent"
DELIVERED = "delivered"
BOUNCED = "bounced"
FAILED = "failed"
SKIPPED = "skipped"
UNKNOWN = "unknown"
STATES = (QUEUED, SENDING, SENT, DELIVERED, BOUNCED, FAILED, SKIPPED, UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class SendRequest:
    """A wish to send one message to one contact.

    ``cause`` makes it unique per contact, so that asking twice sends once:
    ``journey:<enrolment>:<step>:<visit>``, ``broadcast:<id>``, ``test:<uuid>``.
    ``params`` reach the template: ``{"event": {…}}`` is its ``event.*``. ``wake_at`` is when
    it is due at the earliest; after ``expires_at`` it is not worth sending (None: the
    instance's policy decides for marketing, and transactional messages never expire).
    """

    contact_id: int
    cause: str
    template_version_id: int
    channel: str
    purpose: str
    wake_at: datetime
    journey_id: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message of the outbox under lease until ``lease_until`` (the machine's time)."""

    contact_id: int
    message_id: int
    cause: str
    channel: str
    purpose: str
    template_version_id: int
    journey_id: int | None
    tries: int
    created_at: datetime
    expires_at: datetime | None
    params: Mapping[str, Any]
    lease_until: datetime


@dataclass(frozen=True, kw_only=True)
class Person:
    """What the gate and the template need to know of a contact."""

    contact_id: int
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    locale: str = ""
    time_zone: str = ""
    country: str = ""
    city: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    suppressed: str = ""


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One rendered message, ready to hand over: ``raw`` is what goes on the wire (CRLF)."""

    contact_id: int
    message_id: int
    sender: str
    recipient: str
    subject: str
    raw: bytes


Kind = Literal["sent", "permanent", "transient", "configuration", "unknown", "untried"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How handing over one parcel ended.

    - ``sent``: the other side took responsibility; ``detail`` is its answer.
    - ``permanent``: it will never take this one; ``bad_address`` where the reason is the
      address itself, which is then suppressed.
    - ``transient``: try again later, with back-off.
    - ``configuration``: nothing will pass until an operator acts; the channel pauses.
    - ``unknown``: the answer was lost after the content was given.
    - ``untried``: not begun, for instance because the lease was about to end.
    """

    kind: Kind
    reason: str
    detail: str = ""
    bad_address: bool = False


class Transport(Protocol):
    """An open way to the outside, kept between batches. Never touches the database."""

    def hand_over(self, parcels: Sequence[Parcel], deadline: datetime) -> list[Outcome]:
        """Give each parcel to the other side; one outcome each, in order. Begins nothing
        after ``deadline`` (the machine's time). Never raises for a single parcel."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A plug-in: one kind of channel. ``address`` names the contact's field to write to."""

    kind: str
    label: str
    address: Literal["email", "phone"]
    valid: Callable[[str], bool]
    open: Callable[[], Transport]
