"""Where the API is mounted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from trellis.api.app import api
from trellis.api.errors import problem


def nothing(_request: HttpRequest) -> HttpResponse:
    """An address that the API does not have."""
    return problem(404, "not_found", "There is no such address; see /api/v1/docs.")


urlpatterns = [path("v1/", api.urls), re_path("", nothing)]
