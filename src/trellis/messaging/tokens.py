"""What stands in the public links of a message. Signed, so no look-up is needed to act."""

from __future__ import annotations

import msgspec

from trellis.core.signing import sign, unsign

CLICK_PATH, OPEN_PATH, UNSUBSCRIBE_PATH = "/l/", "/o/", "/u/"
PREFERENCE_PATH, VIEW_PATH = "/p/", "/v/"
ARRIVAL_SECONDS = 1800.0
"""How long after a click its token may tie a device: time to answer a consent banner."""


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Which message a link came with. ``contact_id`` 0 marks a test message, whose links
    work but state nothing. ``sent``: when it was rendered, whole seconds since the epoch."""

    contact_id: int
    message_id: int
    template: str
    channel: str
    purpose: str
    sent: int


class Click(msgspec.Struct, frozen=True, array_like=True):
    """A link of a message: its number in the template and where it leads."""

    origin: Origin
    link: int
    url: str


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """Whose click led to a site: what the tracker there may tie a device to. ``at``: when,
    whole seconds since the epoch."""

    contact_id: int
    message_id: int
    template: str
    at: int


class MessageRef(msgspec.Struct, frozen=True, array_like=True):
    """A message, as its Message-ID names it."""

    contact_id: int
    message_id: int


def click_url(base: str, click: Click) -> str:
    """The signed redirect for ``click`` under the public address ``base``."""
    return f"{base}{CLICK_PATH}{sign('click', click)}"


def open_url(base: str, origin: Origin) -> str:
    """The address of the open pixel."""
    return f"{base}{OPEN_PATH}{sign('open', origin)}.gif"


def unsubscribe_url(base: str, origin: Origin) -> str:
    """The unsubscribe page, also the target of one-click (RFC 8058)."""
    return f"{base}{UNSUBSCRIBE_PATH}{sign('unsubscribe', origin)}"


def preference_url(base: str, origin: Origin) -> str:
    """The preference page."""
    return f"{base}{PREFERENCE_PATH}{sign('preference', origin)}"


def view_url(base: str, origin: Origin) -> str:
    """The message as a page."""
    return f"{base}{VIEW_PATH}{sign('view', origin)}"


def read_click(token: str) -> Click:
    """Raises ``InvalidInput`` for anything not signed here; so do the others."""
    return unsign("click", token, Click)


def read_origin(purpose: str, token: str) -> Origin:
    """The origin of an open, unsubscribe, preference or view token."""
    return unsign(purpose, token, Origin)


def arrival_token(arrival: Arrival) -> str:
    """What a link adds to the address it leads to."""
    return sign("arrival", arrival)


def read_arrival(token: str, now: float) -> Arrival | None:
    """The arrival of a token; None where it is too old. ``now``: UTC seconds."""
    found = unsign("arrival", token, Arrival)
    return found if abs(now - found.at) <= ARRIVAL_SECONDS else None


def message_id_header(domain: str, contact_id: int, message_id: int) -> str:
    """The Message-ID of a message: the same each time, and nobody else can make it."""
    return f"<{sign('message', MessageRef(contact_id, message_id))}@{domain}>"


def read_message_id(header: str) -> MessageRef:
    """The message a Message-ID names; raises ``InvalidInput`` where it is not ours."""
    local = header.strip().strip("<>").rpartition("@")[0]
    return unsign("message", local, MessageRef)


def bounce_hook_url(base: str) -> str:
    """Where bounces may be handed in: secret, the same until the secret key changes."""
    return f"{base}/hooks/bounce/{sign('bounce-hook', 1)}"


def check_bounce_hook(token: str) -> None:
    """Raises ``InvalidInput`` unless ``token`` is the one of ``bounce_hook_url``."""
    unsign("bounce-hook", token, int)
