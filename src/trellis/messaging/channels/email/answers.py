"""What an SMTP server's refusal means for a message. Pure."""

from __future__ import annotations

import re
from typing import Literal

from trellis.messaging.types import Outcome

Phase = Literal["greeting", "login", "sender", "recipient", "data"]

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_LOGIN = {530, 534, 535, 538}
_NO_SUCH_ADDRESS = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
_POLICY = re.compile(r"^5\.7\.")


def meaning(phase: Phase, code: int, text: str) -> Outcome:
    """The outcome of answer ``code`` (≥ 400) in ``phase``.

    4xx: try later. 5xx for the login or the sender is a matter of configuration and meets
    every message alike; for the recipient it is the address, unless the server refuses to
    relay at all; for the content it is this message.
    """
    detail = f"{code} {text}".strip()[:500]
    if code == 421 and phase == "sender":
        return Outcome(kind="transient", reason="connection_closing", detail=detail)
    if code < 500:
        return Outcome(kind="transient", reason=f"{phase}_deferred", detail=detail)
    if code in _LOGIN or phase in {"greeting", "login"}:
        return Outcome(kind="configuration", reason="login_refused", detail=detail)
    if phase == "sender":
        return Outcome(kind="configuration", reason="sender_refused", detail=detail)
    found = _ENHANCED.search(text)
    enhanced = found.group(1) if found else ""
    if phase == "recipient":
        if _POLICY.match(enhanced) and "relay" in text.lower():
            return Outcome(kind="configuration", reason="relay_refused", detail=detail)
        gone = enhanced in _NO_SUCH_ADDRESS or (not enhanced and code in {550, 551, 553})
        return Outcome(
            kind="permanent", reason="recipient_refused", detail=detail, bad_address=gone
        )
    return Outcome(kind="permanent", reason="content_refused", detail=detail)
