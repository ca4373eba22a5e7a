"""Version 1: one router and its schemas per noun."""

from __future__ import annotations

from ninja import Router

from trellis.api.v1 import (
    accounts,
    attributes,
    capture,
    companies,
    contacts,
    duplicates,
    events,
    journeys,
    leads,
    lines,
    merges,
    messages,
    reports,
    rules,
    score_drafts,
    scoring,
    segments,
    signals,
    stages,
    tags,
    touches,
    trap,
)

ROUTERS: tuple[tuple[str, Router], ...] = (
    ("/contacts", contacts.router),
    ("/contacts", touches.router),
    ("/contacts", merges.router),
    ("/duplicates", duplicates.router),
    ("/companies", companies.router),
    ("/attributes", attributes.router),
    ("/tags", tags.router),
    ("/rules", rules.router),
    ("/segments", segments.router),
    ("/signals", signals.router),
    ("/score-models", scoring.router),
    ("/score-models", score_drafts.router),
    ("/lines", lines.router),
    ("/stages", stages.router),
    ("/leads", leads.router),
    ("/journeys", journeys.router),
    ("/templates", messages.templates_router),
    ("/messages", messages.router),
    ("/trap", trap.router),
    ("/forms", capture.forms_router),
    ("/imports", capture.imports_router),
    ("/events", events.events_router),
    ("/rejected", events.rejected_router),
    ("/sources", events.sources_router),
    ("/reports", reports.router),
    ("/keys", accounts.keys_router),
    ("/users", accounts.users_router),
    ("/audit", accounts.audit_router),
    ("/health", events.health_router),
    ("/clock", events.clock_router),
)
"""Path and router of every noun, in the order of the documentation."""
