"""All URLs: the API, the public paths, the staff pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("trellis.api.urls")),
    path("", include("trellis.web.urls")),
]
