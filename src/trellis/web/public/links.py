"""The links of a message: redirects, the open pixel, the message as a page.

Everything a link needs is signed into it, so a redirect works without the database and
never leads where this instance did not point. GET and HEAD change nothing; they state
that a hit happened, with how likely it was a person.
"""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from base64 import b64decode
from collections import OrderedDict, deque
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound, TrellisError, Unavailable
from trellis.events import inbox, names
from trellis.events.types import Fact
from trellis.messaging import humans, preview, tokens
from trellis.messaging.humans import Hit
from trellis.messaging.tokens import Origin
from trellis.messaging.trap import FRAME_POLICY
from trellis.web.public import arrivals
from trellis.web.public.accept import accept

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_PREFETCH = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
_REMEMBERED = 20_000
"""Messages whose latest hits this process keeps in mind, to notice bursts."""

_recent: OrderedDict[int, deque[Hit]] = OrderedDict()
_guard = threading.Lock()


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Follow a link of a message. Redirects even where the hit cannot be kept."""
    try:
        link = tokens.read_click(token)
    except InvalidInput as error:
        return problem(request, error)
    if urlsplit(link.url).scheme.lower() not in {"http", "https"}:
        return problem(request, InvalidInput(_("This link is not valid.")))
    target = link.url
    if link.origin.contact_id:
        fact = _hit(request, link.origin, names.MESSAGE_CLICKED, link.link, link.url)
        if fact.props["human"] >= humans.HUMAN:
            target = arrivals.marked(link.url, link.origin)
        # Where nothing takes the hit the person still gets to the page; the log says so.
        with contextlib.suppress(Unavailable):
            accept([fact])
    answer = HttpResponseRedirect(target)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The pixel that tells of an open."""
    try:
        origin = tokens.read_origin("open", token)
        if origin.contact_id:
            accept([_hit(request, origin, names.MESSAGE_OPENED, 0, "")])
    except TrellisError:
        pass  # a picture is shown whatever happens
    answer = HttpResponse(PIXEL, content_type="image/gif")
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def view(request: HttpRequest, token: str) -> HttpResponse:
    """The message as a page, for clients that cannot show it."""
    try:
        origin = tokens.read_origin("view", token)
        if not origin.contact_id:
            raise NotFound(_("A test message has no page."))
        page = preview.message_page(origin.contact_id, origin.message_id)
    except TrellisError as error:
        return problem(request, error)
    answer = HttpResponse(page.html)
    answer["Content-Security-Policy"] = FRAME_POLICY
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def problem(request: HttpRequest, error: TrellisError) -> HttpResponse:
    """A friendly page instead of what was asked for."""
    status = 404 if error.status == 422 else error.status
    answer = render(
        request,
        "public/problem.html",
        {"sentence": error.message, "again": error.status == 503},
        status=status,
    )
    answer["Cache-Control"] = "no-store"
    if error.status == 503:
        answer["Retry-After"] = "10"
    return answer


def network(request: HttpRequest) -> str:
    """The network a request came from, not the address: /24 or /48; "" where unknown."""
    raw = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        return ""
    size = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, size), strict=False))


def _hit(request: HttpRequest, origin: Origin, name: str, link: int, url: str) -> Fact:
    at = clock.now().timestamp()
    hit = Hit(
        link=link,
        at=at,
        sent=float(origin.sent),
        method=request.method or "GET",
        agent=request.headers.get("User-Agent", "")[:300],
        prefetch=any(
            word in request.headers.get(header, "").lower()
            for header in _PREFETCH
            for word in ("prefetch", "preview", "prerender")
        ),
    )
    human, why = humans.probability(hit, _earlier(origin.message_id, hit))
    props: dict[str, object] = {
        "message_id": origin.message_id,
        "template": origin.template,
        "channel": origin.channel,
        "human": human,
        "why": why,
        "link": link,
        "agent": hit.agent,
        "network": network(request),
        "after": round(at - origin.sent, 1),
    }
    if url:
        props["url"] = url
    return inbox.system_fact(origin.contact_id, name, props, at=at)


def _earlier(message_id: int, hit: Hit) -> list[Hit]:
    """The hits of a message before this one, which is remembered in turn."""
    with _guard:
        hits = _recent.setdefault(message_id, deque(maxlen=16))
        _recent.move_to_end(message_id)
        earlier = list(hits)
        hits.append(hit)
        while len(_recent) > _REMEMBERED:
            _recent.popitem(last=False)
    return earlier
