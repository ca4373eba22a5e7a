"""Unsubscribing and the preference page.

GET shows a page with a button and changes nothing, whoever or whatever asks; POST acts,
also as one-click (RFC 8058). The token is the authority, so there is no cookie and no
cross-site check to fail in a mail client.
"""

from __future__ import annotations

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
from trellis.messaging import tokens
from trellis.messaging.gate import PAUSE_ATTRIBUTE
from trellis.messaging.tokens import Origin
from trellis.people import consent
from trellis.web.public.accept import accept
from trellis.web.public.links import problem

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
            if origin.contact_id:
                accept([_unsubscribed(origin, "one-click" if one_click else "page")])
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
        said = consent.states([contact_id]).get(contact_id, {}) if contact_id else {}
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


def _unsubscribed(origin: Origin, how: str) -> Fact:
    choice = Choice(field="", purpose=origin.purpose, channel=origin.channel, label="", on=True)
    return _changed(origin, choice, given=False, how=how)


def _changed(
    origin: Origin, item: Choice, *, given: bool, how: str = "preference page"
) -> Fact:
    """The fact that consent was given or withdrawn. The same answer on one day counts once,
    however often a mail client repeats it."""
    name = names.SUBSCRIBED if given else names.UNSUBSCRIBED
    purpose = "marketing" if item.purpose == "transactional" else item.purpose
    now = clock.now()
    base = inbox.system_fact(
        origin.contact_id,
        name,
        {
            "purpose": purpose,
            "channel": item.channel,
            "how": how,
            "message_id": origin.message_id,
            "template": origin.template,
        },
        at=now.timestamp(),
        message_id=f"{name}-{origin.message_id}-{purpose}-{item.channel}-{now:%Y%m%d%H}".lower(),
    )
    word = {
        "purpose": purpose,
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
