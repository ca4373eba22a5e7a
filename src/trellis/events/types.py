"""The fact: what every entrance turns the outside into, once (habit 9).

Facts are immutable. They are encoded as JSON into the inbox, and decoded there by the
pipeline. Whoever states a fact about a contact it already knows sets ``contact_id``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

IDENTIFY = "identify"
TRACK = "track"
PAGE = "page"
SCREEN = "screen"
GROUP = "group"
ALIAS = "alias"
SYSTEM = "system"
"""``type`` of a fact that Trellis itself states: message sent, segment entered …"""

STANDARD_NAMES = {
    IDENTIFY: "Identified",
    PAGE: "Page Viewed",
    SCREEN: "Screen Viewed",
    GROUP: "Grouped",
    ALIAS: "Aliased",
}
"""How calls without a name of their own stand in the log. A page's or screen's own name
is kept in ``props["name"]``."""

MAX_DEPTH = 8
"""How many decisions may follow from one outside fact before the chain is cut."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact about one person at one time.

    - ``message_id``: unique; a retry carries the same one (Segment spec).
    - ``type``: one of the constants above; ``name``: the event's name in the log.
    - ``at``: when it happened, UTC seconds since the epoch, corrected for clock skew.
    - ``stamp``: the client's own, uncorrected timestamp in ms (0 = none), for ``seen``.
    - ``ids``: normalised identities as (kind, value), strongest first.
    - ``contact_id``: set where the contact is known already (system facts), else 0.
    - ``traits``: profile fields and attributes it states; ``props``: the event's
      properties, with the kept part of the context under ``"$"``-free standard keys
      (``url``, ``path``, ``referrer``, ``title``, ``utm_*``).
    - ``consent``: consents it carries: dicts of purpose, channel, given, wording, source.
    - ``origin``: the entrance (``api``, ``t.js``, ``form``, ``import``, ``system`` …).
    - ``previous``: for alias, the identity it joins, as (kind, value).
    - ``came_by``: the contact and the message whose link brought this visitor; it counts
      only where nobody is known by the device.
    - ``cause``, ``depth``: the event that led to it, and how far from an outside fact.
    """

    message_id: str
    type: str
    name: str
    at: float
    stamp: int = 0
    ids: tuple[tuple[str, str], ...] = ()
    contact_id: int = 0
    traits: dict[str, Any] = {}
    props: dict[str, Any] = {}
    consent: tuple[dict[str, Any], ...] = ()
    origin: str = "api"
    key_id: int | None = None
    previous: tuple[str, str] | None = None
    came_by: tuple[int, int] | None = None
    cause: int | None = None
    depth: int = 0


class Logged(msgspec.Struct, frozen=True):
    """One event as it was just logged, for what reacts to it in the same batch.

    ``contact_id`` is the contact it was resolved to; ``event_id`` its key in the log, which
    is the ``cause`` of whatever follows from it at ``depth`` + 1.
    """

    contact_id: int
    event_id: int
    name: str
    type: str
    at: datetime
    props: dict[str, Any]
    cause: int | None
    depth: int
    key_id: int | None
    origin: str


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(list[Fact])
