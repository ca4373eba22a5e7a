"""What surrounds each staff page: the reader's language, zone and clock, a strict content
policy, and errors of the domains as pages or toasts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from trellis.accounts.models import User
from trellis.core.errors import InvalidInput, TrellisError
from trellis.core.instance import refresh_clock
from trellis.people import masking

Answer = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline';"
    " img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'self'"
)
"""No inline script and no inline style sheet anywhere; style attributes carry lengths of
bars only."""
log = logging.getLogger(__name__)

STAFF_MODULES = ("trellis.web.staff", "allauth.")


class ReaderMiddleware:
    """Answers in the language and zone of whoever is signed in, at the instance's time."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Settle the reader's settings around the answer."""
        refresh_clock()
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if not isinstance(user, User):
            return self.get_response(request)
        if user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        if user.time_zone in available_timezones():
            timezone.activate(ZoneInfo(user.time_zone))
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class StaffMiddleware:
    """Sets the content policy of staff pages and answers for errors of the domains."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers that every staff page carries; forget afterwards who looked."""
        with masking.one_request():
            response = self.get_response(request)
        if _is_staff_page(request):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Referrer-Policy", "same-origin")
            response.headers.setdefault("Cache-Control", "no-store")
            if request.headers.get("HX-Request") == "true":
                response.headers.setdefault("Vary", "HX-Request")
        return response

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponseBase | None:
        """Turn an error of a domain, or a value that no column holds, into a toast (htmx) or
        a page."""
        if isinstance(error, DataError):
            log.warning("a value that cannot be stored: %s", error)
            error = InvalidInput(
                _("Some value is too long, too large, or has signs that cannot be stored.")
            )
        if not isinstance(error, TrellisError) or not _is_staff_page(request):
            return None
        if request.headers.get("HX-Request") == "true":
            event = {"toast": {"text": error.message, "kind": "error"}}
            return HttpResponse(
                status=error.status,
                headers={"HX-Trigger": json.dumps(event), "HX-Reswap": "none"},
            )
        context = {"message": error.message, "status": error.status}
        return render(request, "staff/error.html", context, status=error.status)


def _is_staff_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.func.__module__.startswith(STAFF_MODULES)
