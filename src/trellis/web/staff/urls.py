"""The addresses of the staff pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from trellis.web.staff import contacts, home, me, profile, running

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("me/", me.profile, name="profile"),
    path("clock/", running.clock_bar, name="clock"),
    path("health/", running.health, name="health"),
    path("health/banner/", running.banner, name="health-banner"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/<int:contact_id>/", profile.profile, name="contacts-profile"),
    path("contacts/<int:contact_id>/timeline/", profile.timeline, name="contacts-timeline"),
]

BEING_BUILT = [
    "attributes",
    "audit",
    "contacts-bulk",
    "contacts-duplicates",
    "contacts-new",
    "forms",
    "imports",
    "journeys",
    "keys",
    "messages",
    "scoring",
    "segments",
    "settings",
    "signals",
    "stages",
    "templates",
    "trap",
    "users",
]
urlpatterns += [path(f"coming/{name}/", home.coming, name=name) for name in BEING_BUILT]
urlpatterns += [
    path(f"coming/{name}/<int:one>/", home.coming, name=name)
    for name in ("contacts-edit", "contacts-stage", "segments-detail")
]
urlpatterns += [
    path("coming/unmerge/<int:one>/<int:two>/", home.coming, name="contacts-unmerge"),
    path("coming/run/<int:one>/<int:two>/<int:three>/", home.coming, name="journeys-run"),
]
