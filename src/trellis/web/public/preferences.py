"""Unsubscribing and the preference page.

GET shows a page with a button and changes nothing, whoever or whatever asks; POST acts,
also as one-click (RFC 8058). The token is the authority, so there is no cookie and no
cross-site check to fail in a mail client.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from trellis.core import clock
from trellis.core.errors import TrellisError, Unavailable
from trellis.events import inbox, names
from trellis.events.types import Fact
from trellis.messaging import preview, tokens
from trellis.messaging.gate import PAUSE_ATTRIBUTE
from trellis.messaging.tokens import Origin
from trellis.messaging.types import MARKETING, TRANSACTIONAL
from trellis.people import consent
from trellis.web.public.accept import accept
from trellis.web.public.links import problem

log = logging.getLogger(__name__)

LABELS = {
    ("marketing", "email"): gettext_lazy("News and offers by email"),
    ("sales_contact", consent.EVERY_CHANNEL): gettext_lazy("A call or message from our team"),
    ("tracking", consent.EVERY_CHANNEL): gettext_lazy(
        "Use of my visits to suit what I am sent"
    ),
}
"""What can be chosen: (purpose, channel) → what the person reads."""

PAUSES = (14, 30, 90)
"""Days for which marketing can be paused."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One line of the preference page."""

    field: str
    purpose: str
    channel: str
    label: str
    on: bool


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the button on GET; withdraw consent on POST."""
    try:
        origin = tokens.read_origin("unsubscribe", token)
        if request.method == "POST":
            one_click = request.POST.get("List-Unsubscribe") == "One-Click"
            accept(_unsubscribed(origin, "one-click" if one_click else "page"))
            if one_click:
                return HttpResponse("Unsubscribed.\n", content_type="text/plain")
    except TrellisError as error:
        return problem(request, error)
    return _page(
        request,
        "public/unsubscribe.html",
        {
            "done": request.method == "POST",
            "test": not origin.contact_id,
            "preferences": tokens.preference_url("", origin),
        },
    )


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a person agreed to on GET; take what they chose on POST."""
    try:
        origin = tokens.read_origin("preference", token)
        choices = _choices(origin.contact_id)
        if request.method == "POST":
            accept(_chosen(request, origin, choices))
            choices = [
                Choice(
                    field=item.field,
                    purpose=item.purpose,
                    channel=item.channel,
                    label=item.label,
                    on=item.field in request.POST,
                )
                for item in choices
            ]
    except TrellisError as error:
        return problem(request, error)
    return _page(
        request,
        "public/preferences.html",
        {
            "choices": choices,
            "pauses": PAUSES,
            "saved": request.method == "POST",
            "test": not origin.contact_id,
        },
    )


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    answer = render(request, template, context)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _choices(contact_id: int) -> list[Choice]:
    """What is on now; marketing always, the rest where something was ever said."""
    try:
        person = preview.survivor(contact_id)
        said = consent.states([person]).get(person, {}) if contact_id else {}
    except Error as error:
        raise Unavailable(_("We cannot read your choices now. Try again shortly.")) from error
    found = []
    for (purpose, channel), label in LABELS.items():
        words = [
            said[key]
            for key in ((purpose, channel), (purpose, consent.EVERY_CHANNEL))
            if key in said
        ]
        if not words and purpose != "marketing":
            continue
        newest = max(words, key=lambda word: (word.at, not word.given)) if words else None
        implied = settings.TRELLIS_CONSENT == "implied"
        found.append(
            Choice(
                field=f"{purpose}:{channel}",
                purpose=purpose,
                channel=channel,
                label=str(label),
                on=newest.given if newest else implied,
            )
        )
    return found


def _chosen(request: HttpRequest, origin: Origin, choices: list[Choice]) -> list[Fact]:
    if not origin.contact_id:
        return []
    facts = [
        _changed(origin, item, given=item.field in request.POST)
        for item in choices
        if item.on != (item.field in request.POST)
    ]
    days = request.POST.get("pause", "")
    if days.isdigit() and int(days) in PAUSES:
        facts.append(_paused(origin, int(days)))
    return facts


def _unsubscribed(origin: Origin, how: str) -> list[Fact]:
    """The withdrawal; nothing where it stands already, because mail clients ask twice. While
    the database is away it is stated again rather than lost."""
    if not origin.contact_id:
        return []
    item = Choice(field="", purpose=_purpose(origin), channel=origin.channel, label="", on=True)
    try:
        person = preview.survivor(origin.contact_id)
        if consent.state(person, item.purpose, item.channel) is False:
            return []
    except Error:
        log.warning("unsubscribe: the database is away")
    return [_changed(origin, item, given=False, how=how)]


def _purpose(origin: Origin) -> str:
    """What a person leaves with the link of a message; a transactional one has no list."""
    return MARKETING if origin.purpose == TRANSACTIONAL else origin.purpose


def _changed(
    origin: Origin, item: Choice, *, given: bool, how: str = "preference page"
) -> Fact:
    """The fact that consent was given or withdrawn."""
    name = names.SUBSCRIBED if given else names.UNSUBSCRIBED
    base = inbox.system_fact(
        origin.contact_id,
        name,
        {
            "purpose": item.purpose,
            "channel": item.channel,
            "how": how,
            "message_id": origin.message_id,
            "template": origin.template,
        },
    )
    word = {
        "purpose": item.purpose,
        "channel": item.channel,
        "given": given,
        "source": f"link of message {origin.message_id} ({how})",
        "wording": item.label,
    }
    return msgspec.structs.replace(base, consent=(word,))


def _paused(origin: Origin, days: int) -> Fact:
    until = (clock.now() + timedelta(days=days)).date().isoformat()
    base = inbox.system_fact(
        origin.contact_id,
        names.ATTRIBUTE_CHANGED,
        {"key": PAUSE_ATTRIBUTE, "value": until, "how": "preference page"},
    )
    return msgspec.structs.replace(base, traits={PAUSE_ATTRIBUTE: until})
