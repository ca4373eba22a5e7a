"""URLs of the staff pages and the public pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from trellis.web.public import forms
from trellis.web.public.urls import urlpatterns as public
from trellis.web.staff.urls import urlpatterns as staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("f/<slug:key>/", forms.form_page, name="public-form"),
    path("demo-site/", include("trellis.web.public.demo_site.urls")),
    *public,
    *staff,
]
