"""The page of an error that nobody foresaw: it reads nothing of the database, which may be
what failed."""

from __future__ import annotations

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from trellis.web.staff.middleware import POLICY
from trellis.web.staff.shell import VENDOR, assets_version


def unforeseen(_request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: 503 where the database does not answer, 500 otherwise."""
    away = isinstance(sys.exc_info()[1], OperationalError)
    found = {"vendor": VENDOR, "assets": assets_version(), "away": away}
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    if away:
        headers["Retry-After"] = "5"
    page = render_to_string("500.html", found)
    return HttpResponse(page, status=503 if away else 500, headers=headers)
