"""Webhook: asks the operator's own service, with a signed POST (Standard Webhooks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core import http
from trellis.enrichment.types import Answer, Kind, Question, Settings

RAW = 2_000
"""Characters of an answer kept in the log."""


class Webhook(Settings, frozen=True):
    """``send``: which values go along; ``take``: place in the answer (``person.job``) →
    attribute. ``secret`` signs; the receiver checks with it that Trellis asked."""

    url: str = ""
    secret: str = ""
    send: list[str] = []
    take: dict[str, str] = {}


def check(settings: Webhook) -> str:
    """What is wrong with the settings; "" where nothing is."""
    try:
        parts = urlsplit(settings.url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return _("Give the address of your service, beginning with https://.")
    try:
        base64.b64decode(settings.secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return _("The secret is whsec_ and base64 after it; leave it out to have one made.")
    if not settings.send:
        return _("Choose what to send: your service must know whom it is asked about.")
    if not settings.take:
        return _("Say which parts of the answer become which attributes.")
    return ""


def sign(secret: str, message_id: str, at: int, body: bytes) -> str:
    """The signature of the Standard Webhooks spec, version 1."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def ask(settings: Webhook, question: Question) -> Answer:
    """POST the chosen values; the answer is a JSON object, or empty (204)."""
    person = question.person
    values = {key: person.values.get(key) for key in settings.send}
    body = msgspec.json.encode({"contact_id": person.contact_id, "values": values})
    message_id, at = f"enrich_{question.run_id}", int(question.at)
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(settings.secret, message_id, at, body),
    }
    reply = http.post(settings.url, body, headers)
    raw = reply.body.decode("utf-8", "replace")[:RAW].replace("\x00", "\ufffd")
    if not reply.body.strip():
        return Answer(reason="nothing_known", raw=raw)
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise http.Permanent("bad_answer", str(error)[:200], reply) from error
    traits = {}
    for place, key in settings.take.items():
        value = _at(answer, place)
        if value not in (None, "", [], {}):
            traits[key] = value
    return Answer(traits=traits, reason="" if traits else "nothing_known", raw=raw)


def _at(answer: Any, place: str) -> Any:
    for part in place.split("."):
        if not isinstance(answer, dict):
            return None
        answer = answer.get(part)
    return answer


KIND = Kind(
    key="webhook",
    label=gettext_lazy("Your own service"),
    about=gettext_lazy(
        "Sends chosen values, signed, to an address of yours and takes attributes from the"
        " answer."
    ),
    settings=Webhook,
    ask=ask,
    check=check,
    outside=True,
)
