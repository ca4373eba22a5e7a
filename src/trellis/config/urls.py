"""All URLs: health, login, the staff pages and the public pages."""

from __future__ import annotations

from django.urls import include, path

from trellis.web.public import health

handler500 = "trellis.web.staff.faults.unforeseen"

urlpatterns = [
    path("api/", include("trellis.api.urls")),
    path("healthz", health.live),
    path("readyz", health.ready),
    path("metrics", health.metrics),
    path("accounts/", include("allauth.urls")),
    path("", include("trellis.web.urls")),
]
