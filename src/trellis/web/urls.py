"""URLs of the staff pages and the public pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from trellis.web.staff.urls import urlpatterns as staff

urlpatterns: list[URLPattern | URLResolver] = [*staff]
