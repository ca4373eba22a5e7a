"""Every rule of the page that compares is read, run and explained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.world import NOW, person
from trellis.accounts.models import User
from trellis.accounts.types import SYSTEM
from trellis.capture.models import Form
from trellis.events import behaviour, signals
from trellis.journeys.models import Journey
from trellis.messaging.models import Template
from trellis.people.models import Attribute, CompanyAttribute, Tag
from trellis.rules import types
from trellis.rules.evaluate import holding
from trellis.rules.explain import Explanation, explain
from trellis.rules.operators import OPERATORS
from trellis.rules.parse import parse
from trellis.rules.registry import snapshot
from trellis.rules.words import sentence
from trellis.segments.models import Segment
from trellis.sources.models import Source

PAGE = Path(__file__).parents[2] / "docs/explanation/rules-compared.md"
ROWS = re.findall(r"^\| (.+?) \| `(\{.+\})` \|$", PAGE.read_text(), re.MULTILINE)
OTHERS = {
    "Mautic": "=, !=, >, >=, <, <=, empty, !empty, like, !like, in, !in, between, !between,"
    " regexp, !regexp, startsWith, endsWith, contains, today, -2 days, birthday,"
    " last day of previous month, visited URL, visited URL count, visited URL date, page title,"
    " referrer, sessions, email sent, email read, email read count, email read date,"
    " clicked a link, do not contact, segment membership, in campaign, stage, tags, owner,"
    " points, point group, UTM campaign, device, asset downloaded, company fields, locale,"
    " date added, last active",
    "Dittofeed": "Equals, NotEquals, Exists, NotExists, GreaterThanOrEqual, LessThan, Within,"
    " HasBeen, AbsoluteTimestamp, Includes, Performed, LastPerformed, KeyedPerformed,"
    " Email sent, Email delivered, Email opened, Email clicked, Email bounced,"
    " Email marked as spam, SubscriptionGroup, Manual, RandomBucket, Everyone, And, Or",
    "HubSpot": "is equal to, is any of, is none of, is known, is unknown, contains any of,"
    " does not contain any of, starts with, ends with, is greater than, is between,"
    " is before, is after, is less than n days ago, is more than n days ago,"
    " is less than n days from now, is more than n days from now, has filled out a form,"
    " has visited URL, completed an event, was sent, opened, clicked, bounced, opted in to,"
    " opted out of, is member of list, is not member of list, is enrolled in workflow,"
    " completed workflow, met goal of workflow, lifecycle stage, time in stage,"
    " contact owner, score, combined score, original source, latest source,"
    " associated company, was in an import, groups",
}
"""What each of them can ask, in the words of the page."""


@pytest.fixture
def company(db: None) -> int:
    """All that the page reads; a contact who did nothing."""
    for key, kind in (
        *(("plan", "text"), ("seats", "number"), ("vip", "boolean"), ("renewal", "date")),
        *(("birthday", "date"), ("topics", "list")),
    ):
        Attribute.objects.create(key=key, label=key, type=kind)
    CompanyAttribute.objects.create(key="industry", label="Industry", type="text")
    Tag.objects.create(key="vip", name="VIP")
    Segment.objects.create(key="customers", name="Customers", kind="static")
    Journey.objects.create(key="welcome", name="Welcome")
    Template.objects.create(key="welcome", name="Welcome", channel="email")
    Form.objects.create(key="contact", name="Contact")
    Source.objects.get_or_create(key="market", defaults={"name": "Market"})
    User.objects.create(email="ann@example.com")
    signals.ensure("track", "Product Viewed", value_prop="name", name="viewed")
    signals.ensure("track", "Order Completed", name="ordered")
    return person()


def leaves_of(node: Explanation) -> list[Explanation]:
    return (
        [node] if node.kind == "leaf" else [x for part in node.parts for x in leaves_of(part)]
    )


@pytest.mark.parametrize(("asked", "text"), ROWS, ids=[row[0][:60] for row in ROWS])
def test_a_rule_of_the_page_is_read_run_and_explained(
    company: int, asked: str, text: str
) -> None:
    data: dict[str, Any] = json.loads(text)
    rule = behaviour.read_rule(SYSTEM, data)
    fields = snapshot()
    assert parse(types.to_json(rule), fields, stored=True) == rule
    held = company in holding({1: rule}, [company], NOW)[1]
    told = explain(rule, company, NOW, fields)
    assert told.holds == held
    assert all(leaf.sentence and leaf.words for leaf in leaves_of(told))
    assert sentence(rule, fields)


@pytest.mark.parametrize("peer", OTHERS)
def test_whatever_another_system_can_ask_stands_on_the_page(peer: str) -> None:
    asked = [
        part for row, _ in ROWS for part in row.split("; ") if part.startswith(f"{peer}: ")
    ]
    words = {word.strip() for part in asked for word in part.partition(": ")[2].split(",")}
    words |= {part.partition(": ")[2].strip() for part in asked}
    wanted = OTHERS[peer].split(", ")
    missing = [
        name for name in wanted if not any(name == w or w.startswith(f"{name} ") for w in words)
    ]
    assert not missing


def test_most_operators_have_an_example() -> None:
    used = set(re.findall(r'"op": "(\w+)"', PAGE.read_text()))
    assert used <= OPERATORS.keys()
    assert len(used) > 40
