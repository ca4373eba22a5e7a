"""What every staff page shows around its content: navigation, clock, theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from trellis.accounts.access import actor_of
from trellis.accounts.models import User
from trellis.accounts.types import Right
from trellis.core import clock
from trellis.pipeline.queries import advancing

VENDOR = {
    "tabler": "vendor/tabler-core-1.6.1/tabler.min.css",
    "icons": "vendor/tabler-icons-3.51.0/icons.svg",
    "echarts": "vendor/echarts-6.1.0/echarts.simple.min.js",
    "htmx": "vendor/htmx.org-2.0.11/htmx.min.js",
}
"""Where the pinned libraries lie under ``static/``."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """An entry of the navigation, seen by those who have ``right``. ``badge`` names what of
    ``reports.waiting`` is counted at it."""

    label: Any
    url: str
    icon: str
    right: Right
    sandbox: bool = False
    badge: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A headed group of the navigation."""

    label: Any
    items: Sequence[Item] = field(default_factory=tuple)


SECTIONS: Sequence[Section] = (
    Section(
        label="",
        items=(
            Item(label=_("Home"), url="home", icon="home", right="contacts.read"),
            Item(label=_("Contacts"), url="contacts", icon="users", right="contacts.read"),
            Item(
                label=_("Duplicates"),
                url="contacts-duplicates",
                icon="git-merge",
                right="contacts.write",
                badge="duplicates",
            ),
            Item(
                label=_("Companies"), url="companies", icon="building", right="companies.read"
            ),
            Item(
                label=_("Ready to send on"),
                url="proposals",
                icon="arrow-up-right",
                right="leads.read",
                badge="proposals",
            ),
        ),
    ),
    Section(
        label=_("Understand"),
        items=(
            Item(
                label=_("Reports"), url="reports", icon="report-analytics", right="reports.read"
            ),
            Item(label=_("Segments"), url="segments", icon="filter", right="segments.read"),
            Item(label=_("Scores"), url="scoring", icon="gauge", right="scoring.read"),
            Item(label=_("Stages"), url="stages", icon="stairs-up", right="leads.read"),
            Item(label=_("Signals"), url="signals", icon="bolt", right="signals.read"),
            Item(label=_("Attributes"), url="attributes", icon="tag", right="attributes.read"),
        ),
    ),
    Section(
        label=_("Nurture"),
        items=(
            Item(label=_("Journeys"), url="journeys", icon="route", right="journeys.read"),
            Item(label=_("Messages"), url="messages", icon="send", right="messages.read"),
            Item(
                label=_("Templates"), url="templates", icon="template", right="templates.read"
            ),
            Item(
                label=_("Trap"),
                url="trap",
                icon="inbox",
                right="contacts.see_private",
                sandbox=True,
            ),
        ),
    ),
    Section(
        label=_("Capture"),
        items=(
            Item(label=_("Forms"), url="forms", icon="forms", right="forms.read"),
            Item(label=_("Imports"), url="imports", icon="file-import", right="imports.read"),
            Item(
                label=_("Enrichment"),
                url="enrichment",
                icon="database",
                right="enrichment.read",
            ),
            Item(label=_("Events"), url="events", icon="activity", right="events.read"),
            Item(label=_("Keys"), url="keys", icon="key", right="keys.manage"),
        ),
    ),
    Section(
        label=_("Run"),
        items=(
            Item(label=_("Health"), url="health", icon="heartbeat", right="health.read"),
            Item(label=_("Users"), url="users", icon="users-group", right="users.manage"),
            Item(label=_("Audit"), url="audit", icon="history", right="audit.read"),
            Item(label=_("Settings"), url="settings", icon="settings", right="health.read"),
        ),
    ),
)


@cache
def assets_version() -> str:
    """A short hash of our own styles and scripts, so that browsers fetch what changed."""
    web = Path(__file__).resolve().parent.parent
    digest = sha256()
    for folder in (web / "static" / "trellis", web / "islands"):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def context(request: HttpRequest) -> dict[str, Any]:
    """The context of the shell. Costs no query."""
    found: dict[str, Any] = {
        "assets": assets_version(),
        "vendor": VENDOR,
        "icons_url": static(VENDOR["icons"]),
        "now": clock.now(),
    }
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return found
    actor = actor_of(user)
    sections = [
        {
            "label": section.label,
            "items": [
                item
                for item in section.items
                if actor.may(item.right) and (settings.TRELLIS_SANDBOX or not item.sandbox)
            ],
        }
        for section in SECTIONS
    ]
    match = request.resolver_match
    return {
        **found,
        "sections": [section for section in sections if section["items"]],
        "here": _here(match.url_name or "") if match else "",
        "sandbox": settings.TRELLIS_SANDBOX,
        "advancing": SimpleLazyObject(advancing),
        "actor": actor,
        "rights": {right.replace(".", "_"): True for right in actor.rights},
    }


def _here(name: str) -> str:
    """The entry of the navigation that a page belongs to."""
    entries = {item.url for section in SECTIONS for item in section.items}
    return name if name in entries else name.split("-")[0]
