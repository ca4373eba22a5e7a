"""All URLs: the API, the public paths, the staff pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("trellis.web.urls")),
]
