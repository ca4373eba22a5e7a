"""Two people have the same page open: the second sees who was quicker and what differs, loses
nothing that was typed, and saves over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts import keys
from trellis.accounts.types import SYSTEM
from trellis.capture.forms import actions as forms
from trellis.enrichment import actions as enrichment
from trellis.events import signals
from trellis.leads.models import Stage
from trellis.messaging import actions as messaging
from trellis.people import company_actions, definitions
from trellis.segments import actions as segments

FORM = {"title": "Hello", "locale": "en", "field_key": ["email"], "field_label": ["Email"]}
POLICY = {"cap_days": "7", "quiet_from": "", "quiet_to": "", "expiry_hours": "48", "soft_bounces": "5"}  # fmt: skip
LETTER = {"purpose": "marketing", "v..subject": "Hi", "v..kind": "html", "v..body": "<a href='{{ unsubscribe_url }}'>x</a>"}  # fmt: skip


def _template() -> str:
    part = {"subject": "Hello", "html": LETTER["v..body"]}
    messaging.save_template(
        SYSTEM, messaging.TemplateDraft(key="hello", name="Hello", variants={"": part})
    )
    return "/templates/hello/"


def _contact() -> str:
    return f"/contacts/{world.person(email='ann@example.org', first_name='Ann', city='Girona')}/edit/"


def _definition() -> str:
    definitions.create(SYSTEM, "size", "text", {})
    return "/attributes/size/"


def _segment() -> str:
    return (
        f"/segments/{segments.create(SYSTEM, key='dear', name='Dear', kind='static').pk}/edit/"
    )


PAGES: dict[str, tuple[Callable[[], str], dict[str, Any], str]] = {
    "contact": (_contact, {"email": "ann@example.org", "first_name": "Ann"}, "city"),
    "company": (
        lambda: f"/companies/{company_actions.create(SYSTEM, 'Farina').pk}/edit/",
        {"domains": ""},
        "name",
    ),
    "attribute": (_definition, {"bucket": "interest", "how": "active"}, "label"),
    "segment": (_segment, {"folder": ""}, "name"),
    "signal": (
        lambda: f"/signals/{signals.ensure('track', 'Bought').pk}/",
        {"bucket": "engagement", "description": ""},
        "name",
    ),
    "stage": (
        lambda: f"/stages/{Stage.objects.get(key='sql').key}/",
        {"kind": "open", "team": "sales", "by": "hand"},
        "name",
    ),
    "line": (lambda: "/lines/main/", {}, "name"),
    "form": (lambda: f"/forms/{forms.create(SYSTEM, 'Contact').pk}/", FORM, "name"),
    "template": (_template, LETTER, "name"),
    "source": (
        lambda: f"/enrichment/{enrichment.create(SYSTEM, 'phone_check', 'Phones', {}).pk}/",
        {"basis": "", "rate": "60"},
        "name",
    ),
    "key": (
        lambda: f"/keys/{keys.create(SYSTEM, 'write', 'Site')[0].pk}/",
        {"consent": "opt_out", "before": "nothing", "bots": "mark", "read": "5"},
        "domain",
    ),
    "policy": (lambda: "/settings/", POLICY, "cap_count"),
}
WORDS = {"cap_count": ("3", "4"), "domain": ("mine.example", "theirs.example")}


def _seen(client: Client, address: str) -> dict[str, str]:
    """The hidden fields of the page's forms that say what was seen."""
    page = client.get(address).content.decode()
    fields = {}
    for part in page.split("<input")[1:]:
        tag = part.split(">", 1)[0]
        name = tag.partition('name="')[2].partition('"')[0]
        if name == "version" or name.startswith("initial-"):
            fields[name] = tag.partition('value="')[2].partition('"')[0]
    return fields


@pytest.mark.django_db
@pytest.mark.parametrize("kind", PAGES)
def test_the_second_to_save_a_page_sees_what_differs_and_loses_nothing(
    client: Client, kind: str
) -> None:
    cast.sign_in(client)
    make, form, field = PAGES[kind]
    address = make()
    mine, theirs = WORDS.get(field, ("Mine", "Theirs"))
    seen = _seen(client, address)
    first = client.post(address, {**form, **seen, field: theirs})
    assert first.status_code == 302, first.content.decode()[-3000:]
    second = client.post(address, {**form, **seen, field: mine})
    page = second.content.decode()
    assert second.status_code in (200, 409)
    assert "Ada Byron changed this meanwhile" in page
    (row,) = [row for row in second.context["clash"].rows if mine in row.yours]
    assert theirs in row.theirs
    assert f'value="{mine}"' in page
    kept = {"version": str(second.context["clash"].version)} if "version" in seen else {}
    kept |= {name: value for name, value in seen.items() if name.startswith("initial-")}
    if field == "city":
        kept["initial-city"] = theirs
    assert client.post(address, {**form, **kept, field: mine}).status_code == 302
    assert _seen(client, address)
    assert f'value="{mine}"' in client.get(address).content.decode()
