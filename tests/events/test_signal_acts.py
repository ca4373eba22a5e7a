"""Signals as people keep them: looked at, described, counted no longer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pipeline.facts import fact, run
from tests.web import cast
from tests.world import person, segment
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.days import day_of
from trellis.core.errors import Conflict, Forbidden
from trellis.events import content, queries, signal_acts, signals
from trellis.events.behaviour import NotCounted, read_draft, read_rule
from trellis.events.models import Signal, SignalDaily, SignalDay
from trellis.rules import usage
from trellis.rules.parse import parse
from trellis.rules.registry import snapshot
from trellis.rules.types import RuleError, to_json
from trellis.segments import actions as segments
from trellis.segments.models import Segment

pytestmark = pytest.mark.django_db


def bought(times: int, who: int, **props: object) -> None:
    at = clock.now().timestamp()
    for _n in range(times):
        run(fact("Bought", contact_id=who, at=at, props=props))


def test_the_list_shows_today_the_week_and_everybody() -> None:
    made = signals.ensure("track", "Bought")
    bought(3, person())
    bought(1, person())
    content.by_night()
    (row,) = queries.signals(day_of(clock.now()))
    assert (row.today, row.week, row.last_on) == (4, 4, day_of(clock.now()))
    assert Signal.objects.get(pk=made.pk).contacts == 2


def test_a_signal_made_late_has_its_past_in_the_plot() -> None:
    bought(3, person())
    made = signals.ensure("track", "Bought")
    signals.backfill(made.pk)
    assert [(row.n, row.contacts) for row in SignalDay.objects.all()] == [(3, 1)]


def test_a_preview_counts_the_events_that_fit(client: Client) -> None:
    cast.sign_in(client)
    ann = person()
    bought(3, ann, total=10)
    bought(2, ann, total=30)
    form = {"event": "track:Bought", "prop": ["total", "", ""], "op": ["gte", "eq", "eq"]}
    answer = client.post("/signals/matches/", {**form, "value": ["20", "", ""]})
    assert (answer.context["n"], answer.context["all"]) == (2, True)
    assert not Signal.objects.exists()
    made = client.post(
        "/signals/new/",
        {**form, "value": ["20", "", ""], "name": "Large order", "bucket": "interest"},
    )
    row = Signal.objects.get()
    assert made.status_code == 302
    assert row.filter == {"all": [{"field": "prop.total", "op": "gte", "value": 20}]}
    signals.backfill(row.pk)
    page = client.get(f"/signals/{row.pk}/")
    assert [event["contact_id"] for event in page.context["events"]] == [ann, ann]


def test_archiving_is_refused_while_something_reads_it() -> None:
    made = signals.ensure("track", "Bought")
    reader = segment("buyers", {"field": f"signal.{made.key}", "op": "did"})
    bought(1, person())
    with pytest.raises(Conflict, match="Buyers"):
        signal_acts.archive(SYSTEM, made.pk)
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset({"signals.read"}))
    reader.delete()
    with pytest.raises(Forbidden):
        signal_acts.archive(nobody, made.pk)
    signal_acts.archive(SYSTEM, made.pk)
    assert not Signal.objects.exists()
    assert not SignalDaily.objects.exists()
    again = signals.ensure("track", "Bought")
    signals.backfill(again.pk)
    assert SignalDaily.objects.count() == 1


def test_two_people_describe_one_signal_and_nothing_is_lost(client: Client) -> None:
    cast.sign_in(client)
    made = signals.ensure("track", "Bought")
    signal_acts.update(SYSTEM, made.pk, name="Ordered", version=1)
    form = {"name": "Paid", "bucket": "engagement", "description": "mine", "version": "1"}
    answer = client.post(f"/signals/{made.pk}/", form)
    assert answer.status_code == 409
    assert "Ordered" in answer.content.decode()
    assert "mine" in answer.content.decode()
    saved = client.post(f"/signals/{made.pk}/", {**form, "version": "2"})
    assert saved.status_code == 302
    assert Signal.objects.get().name == "Paid"


def test_behaviour_under_its_own_name_protects_its_signal() -> None:
    rule = {"field": "message.clicked", "op": "did", "of": {"link": "prices"}}
    segments.create(SYSTEM, key="clicked", name="Clicked", rule=rule)
    made = Signal.objects.get(event_name="Message Clicked")
    assert [use.name for use in usage.of_signal(made.key)] == ["Clicked"]
    with pytest.raises(Conflict, match="Clicked"):
        signal_acts.archive(SYSTEM, made.pk)


def test_what_a_rule_keeps_apart_stays_until_the_rule_is_gone() -> None:
    signals.ensure("track", "Viewed", name="viewed")
    signals.ensure("track", "Bought", name="bought")
    data = {
        "field": "signal.viewed",
        "op": "followed",
        "by": "bought",
        "same": "sku",
        "value": {"n": 3, "unit": "day"},
    }
    with pytest.raises(NotCounted, match="Viewed"):
        read_draft(data)
    rule = to_json(read_rule(SYSTEM, data))
    segment = Segment.objects.create(key="s", name="Same", rule=rule, status="live")
    made = list(Signal.objects.filter(each_value=True).order_by("id"))
    assert [(row.event_name, row.value_prop) for row in made] == [
        ("Viewed", "sku"),
        ("Bought", "sku"),
    ]
    for row in made:
        with pytest.raises(Conflict, match="Same"):
            signal_acts.archive(SYSTEM, row.pk)
    segment.delete()
    for row in made:
        signal_acts.archive(SYSTEM, row.pk)
    with pytest.raises(RuleError, match="no signal counts this"):
        parse(rule, snapshot(), stored=True)
