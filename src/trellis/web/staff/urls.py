"""The addresses of the staff pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from trellis.web.staff import (
    attributes,
    audit,
    capture_forms,
    contacts,
    health,
    home,
    imports,
    journeys,
    keys,
    me,
    messages,
    profile,
    rules,
    running,
    scoring,
    segments,
    settings,
    stages,
    templates,
    trap,
    users,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("me/", me.profile, name="profile"),
    path("clock/", running.clock_bar, name="clock"),
    path("health/", health.health, name="health"),
    path("health/banner/", health.banner, name="health-banner"),
    path("health/rejected/", health.rejected, name="rejected"),
    path("attributes/", attributes.attributes, name="attributes"),
    path("attributes/<str:key>/", attributes.attributes_edit, name="attributes-edit"),
    path("signals/", attributes.signals, name="signals"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:import_id>/", imports.imports_detail, name="imports-detail"),
    path("imports/<int:import_id>/rejected.csv", imports.imports_faults, name="imports-faults"),
    path("rules/fields/", rules.fields, name="rules-fields"),
    path("rules/preview/", rules.preview, name="rules-preview"),
    path("segments/", segments.index, name="segments"),
    path("segments/new/", segments.edit, name="segments-new"),
    path("segments/<int:segment_id>/", segments.detail, name="segments-detail"),
    path("segments/<int:segment_id>/edit/", segments.edit, name="segments-edit"),
    path("segments/<int:segment_id>/act/", segments.act, name="segments-act"),
    path("segments/<int:segment_id>/why/", segments.why, name="segments-why"),
    path("score/", scoring.index, name="scoring"),
    path("score/new/", scoring.edit, name="scoring-new"),
    path("score/<int:rule_id>/", scoring.edit, name="scoring-rule"),
    path("stages/", stages.index, name="stages"),
    path("stages/<slug:key>/", stages.edit, name="stages-edit"),
    path("journeys/", journeys.index, name="journeys"),
    path("journeys/new/", journeys.create, name="journeys-new"),
    path("journeys/check/", journeys.check, name="journeys-check"),
    path("journeys/<int:journey_id>/", journeys.detail, name="journeys-detail"),
    path("journeys/<int:journey_id>/edit/", journeys.edit, name="journeys-edit"),
    path("journeys/<int:journey_id>/publish/", journeys.publish, name="journeys-publish"),
    path("journeys/<int:journey_id>/turn/", journeys.turn, name="journeys-turn"),
    path("journeys/<int:journey_id>/enrol/", journeys.enrol, name="journeys-enrol"),
    path(
        "journeys/<int:journey_id>/<int:contact_id>/<int:enrolment_id>/",
        journeys.run,
        name="journeys-run",
    ),
    path("messages/", messages.messages, name="messages"),
    path(
        "messages/<int:contact_id>/<int:message_id>/", messages.message, name="messages-detail"
    ),
    path("templates/", templates.templates, name="templates"),
    path("templates/new/", templates.edit, name="templates-new"),
    path("templates/preview/", templates.show, name="templates-preview"),
    path("templates/<slug:key>/", templates.edit, name="templates-edit"),
    path("templates/<slug:key>/test/", templates.test, name="templates-test"),
    path("templates/<slug:key>/archive/", templates.archive, name="templates-archive"),
    path("trap/", trap.trap, name="trap"),
    path("trap/<int:mail_id>/", trap.trap, name="trap-mail"),
    path("trap/<int:mail_id>/body/", trap.body, name="trap-body"),
    path("trap/<int:mail_id>/raw/", trap.raw, name="trap-raw"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/<int:contact_id>/", profile.profile, name="contacts-profile"),
    path("contacts/<int:contact_id>/stage/", profile.move, name="contacts-stage"),
    path("contacts/<int:contact_id>/timeline/", profile.timeline, name="contacts-timeline"),
    path("forms/", capture_forms.forms, name="forms"),
    path("forms/<int:form_id>/", capture_forms.forms_edit, name="forms-edit"),
    path("forms/<int:form_id>/state/", capture_forms.forms_state, name="forms-state"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key_id>/revoke/", keys.keys_revoke, name="keys-revoke"),
    path("users/", users.users, name="users"),
    path("users/<int:user_id>/", users.users_change, name="users-change"),
    path("audit/", audit.audit, name="audit"),
    path("settings/", settings.settings, name="settings"),
]

BEING_BUILT = [
    "contacts-bulk",
    "contacts-duplicates",
    "contacts-new",
]
urlpatterns += [path(f"coming/{name}/", home.coming, name=name) for name in BEING_BUILT]
urlpatterns += [
    path(f"coming/{name}/<int:one>/", home.coming, name=name) for name in ("contacts-edit",)
]
urlpatterns += [
    path("coming/unmerge/<int:one>/<int:two>/", home.coming, name="contacts-unmerge"),
]
