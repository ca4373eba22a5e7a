"""Funnels over signals and stages: who goes on, how long it takes, where most stop (T6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from tests.web import cast
from tests.world import NOW, person, signal
from trellis.accounts.types import SYSTEM
from trellis.core.errors import Conflict, InvalidInput
from trellis.events import signal_acts
from trellis.events.models import Signal, SignalDaily
from trellis.leads import actions as leads
from trellis.reports import funnels
from trellis.reports.funnel import funnel
from trellis.reports.models import Funnel
from trellis.segments import actions, lists

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
SINCE = TODAY - timedelta(days=29)


def did(who: int, what: Signal, first: datetime, last: datetime | None = None) -> None:
    SignalDaily.objects.create(
        contact_id=who,
        signal_id=what.pk,
        day=first.date(),
        n=1,
        first_at=first,
        last_at=last or first,
    )


def shop() -> tuple[list[int], list[dict[str, str]]]:
    """Ten view, four put into the cart, one of them had done so before viewing; two order."""
    view, cart, order = signal("view"), signal("cart"), signal("order")
    people = [person() for _ in range(10)]
    start = NOW - timedelta(days=10)
    for who in people:
        did(who, view, start)
    did(people[0], cart, start - timedelta(days=1))
    for n, who in enumerate(people[1:4], start=1):
        did(who, cart, start + timedelta(hours=n))
    for who in people[1:3]:
        did(who, order, start + timedelta(days=2))
    return people, [{"signal": "view"}, {"signal": "cart"}, {"signal": "order"}]


def test_each_step_counts_only_after_the_one_before() -> None:
    _people, steps = shop()
    found = funnel(steps, SINCE, TODAY)
    assert [row.n for row in found] == [10, 3, 2]
    assert [round(row.of_last) for row in found] == [100, 30, 67]
    assert [round(row.of_first) for row in found] == [100, 30, 20]
    assert [row.worst for row in found] == [False, True, False]
    assert found[1].median == timedelta(hours=2).total_seconds()


def test_a_later_time_of_the_same_day_still_follows() -> None:
    view, cart = signal("view"), signal("cart")
    who = person()
    did(who, view, NOW)
    did(who, cart, NOW - timedelta(hours=2), NOW + timedelta(hours=1))
    found = funnel([{"signal": "view"}, {"signal": "cart"}], SINCE, TODAY)
    assert [row.n for row in found] == [1, 1]
    assert found[1].median == 3600


def test_a_segment_and_a_period_narrow_it() -> None:
    people, steps = shop()
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    lists.add(SYSTEM, vip.pk, people[:3], NOW)
    assert [row.n for row in funnel(steps, SINCE, TODAY, vip.pk)] == [3, 2, 2]
    assert [row.n for row in funnel(steps, TODAY, TODAY)] == [0, 0, 0]


def test_a_stage_is_reached_by_a_move_to_a_later_one_too() -> None:
    view = signal("view")
    ann, bob = person(), person()
    for who in (ann, bob):
        did(who, view, NOW - timedelta(days=1))
    leads.move_stage(SYSTEM, [ann], "customer", "hand", "", NOW)
    found = funnel([{"signal": "view"}, {"stage": "mql"}], SINCE, date(2099, 1, 1))
    assert [(row.kind, row.n) for row in found] == [("signal", 2), ("stage", 1)]


def test_what_is_no_funnel_is_refused() -> None:
    signal("view")
    for steps in (
        [{"signal": "view"}],
        [{"signal": "view"}] * 9,
        [{"signal": "view"}, {"signal": "no"}],
    ):
        with pytest.raises(InvalidInput):
            funnels.create(SYSTEM, "Shop", steps)


def test_a_saved_funnel_is_shown_protects_and_keeps_the_second_edit(client: Client) -> None:
    cast.sign_in(client)
    _people, steps = shop()
    form = {"name": "Shop", "step": ["signal:view", "signal:cart", ""]}
    assert client.post("/reports/funnel/", form).status_code == 302
    row = Funnel.objects.get()
    assert row.steps == steps[:2]
    with pytest.raises(Conflict, match="Shop"):
        signal_acts.archive(SYSTEM, Signal.objects.get(key="view").pk)
    funnels.update(SYSTEM, row.pk, name="Shop", steps=steps, version=1)
    late = {**form, "name": "Mine", "version": "1"}
    answer = client.post(f"/reports/funnel/{row.pk}/", late)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.content.decode()
    page = client.get(f"/reports/funnel/{row.pk}/")
    assert [one["step"].key for one in page.context["steps"]] == ["view", "cart", "order"]
    archived = client.post(f"/reports/funnel/{row.pk}/", {"act": "archive"})
    assert archived.status_code == 302
    signal_acts.archive(SYSTEM, Signal.objects.get(key="view").pk)
