"""The public paths that Django answers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from trellis.web.public import bounces, links, preferences

urlpatterns: list[URLPattern | URLResolver] = [
    path("l/<str:token>", links.click),
    path("o/<str:token>.gif", links.opened),
    path("v/<str:token>", links.view),
    path("u/<str:token>", preferences.unsubscribe),
    path("p/<str:token>", preferences.preferences),
    path("hooks/bounce/<str:token>", bounces.bounce),
]
