"""Where the API is mounted."""

from __future__ import annotations

from django.urls import path

from trellis.api.app import api

urlpatterns = [path("v1/", api.urls)]
