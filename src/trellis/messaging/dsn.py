"""Reading bounces and complaints: RFC 3464 delivery reports, RFC 5965 feedback reports."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Mail
from typing import Literal

from trellis.core.errors import InvalidInput
from trellis.messaging import tokens

MAX_SIZE = 1024 * 1024
"""Bytes of a report that are read at most."""

_OURS = re.compile(rb"<[A-Za-z0-9_-]{20,400}@[A-Za-z0-9.-]{1,253}>")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_SOFT_5XX = {(2, 2), (2, 3), (3, 4), (4, 5)}
"""5.x.y that tell of the moment, not of the address: mailbox full, message too large …"""


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """What a report says about a message of ours.

    ``type``: hard (the address does not work), soft (it may work later), blocked (policy or
    content), complaint (the reader called it spam).
    """

    contact_id: int
    message_id: int
    type: Literal["hard", "soft", "blocked", "complaint"]
    code: str
    detail: str


def parse(raw: bytes) -> Bounce | None:
    """The bounce in ``raw`` (one RFC 822 message). None for a report of mere delay or of
    success; raises ``InvalidInput`` where it is no report or not about a mail of ours."""
    mail = email.message_from_bytes(raw[:MAX_SIZE], policy=email.policy.compat32)
    kind = str(mail.get_param("report-type") or "").lower()
    if mail.get_content_type() != "multipart/report" or not kind:
        raise InvalidInput("This is not a delivery report.")
    reference = _reference(raw)
    if kind == "feedback-report":
        return Bounce(
            contact_id=reference.contact_id,
            message_id=reference.message_id,
            type="complaint",
            code="",
            detail="",
        )
    for fields in _recipients(mail):
        if fields.get("action", "").lower() != "failed":
            continue
        status, detail = fields.get("status", ""), fields.get("diagnostic-code", "")
        return Bounce(
            contact_id=reference.contact_id,
            message_id=reference.message_id,
            type=_type(status or detail),
            code=status[:20],
            detail=detail[:500],
        )
    return None


def _type(status: str) -> Literal["hard", "soft", "blocked"]:
    found = _STATUS.search(status)
    if not found:
        return "soft"
    group, subject, detail = (int(part) for part in found.groups())
    if group != 5 or (subject, detail) in _SOFT_5XX:
        return "soft"
    if subject in {6, 7}:
        return "blocked"
    return "hard"


def _reference(raw: bytes) -> tokens.MessageRef:
    for match in _OURS.finditer(raw[:MAX_SIZE]):
        try:
            return tokens.read_message_id(match.group().decode("ascii"))
        except InvalidInput:
            continue
    raise InvalidInput("The report names no message of this instance.")


def _recipients(mail: Mail) -> Iterator[dict[str, str]]:
    """The fields of each recipient, names in lower case."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload() if part.is_multipart() else []:
            if isinstance(block, Mail):
                fields = {key.lower(): " ".join(str(block[key]).split()) for key in block}
                if "final-recipient" in fields or "action" in fields:
                    yield fields
