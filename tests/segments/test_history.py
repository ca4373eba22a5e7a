"""Who came and went, when, and why: the condition that changed (issue: segments)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.pipeline.facts import fact, run
from tests.web import cast
from tests.world import NOW, person, settle, signal
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock, locks
from trellis.events.models import SignalDaily
from trellis.people import actions as merging
from trellis.people.models import Contact
from trellis.pipeline import recompute
from trellis.pipeline.derive import derive
from trellis.rules import registry
from trellis.segments import actions, growth, history, lists
from trellis.segments.history import MoveFilter, MoveRow
from trellis.segments.models import Membership, Segment, SegmentDay, SegmentMove
from trellis.web.staff import middleware

pytestmark = pytest.mark.django_db

KEEN = {
    "all": [
        {"field": "contact.country", "op": "eq", "value": "ES"},
        {
            "field": "signal.price",
            "op": "count_gte",
            "value": 2,
            "within": {"n": 14, "unit": "day"},
        },
    ]
}
SPAIN = {"field": "contact.country", "op": "eq", "value": "ES"}


def made(rule: dict[str, object], key: str = "keen") -> Segment:
    found = actions.create(SYSTEM, key=key, name=key.title(), rule=rule)
    recompute.build_segment(found.pk)
    found.refresh_from_db()
    return found


def moves_of(segment: Segment, **wanted: object) -> list[MoveRow]:
    found = history.moves(
        MoveFilter(segment_id=segment.pk, **wanted),  # type: ignore[arg-type]  # fields
        registry.snapshot(),
        None,
        50,
    )
    return list(found.rows)


def test_entering_by_a_fact_names_the_condition_that_the_fact_moved() -> None:
    signal("price")
    keen, ann = made(KEEN), person(country="ES")
    at = clock.now().timestamp()
    for n in range(2):
        run(fact("price", contact_id=ann, at=at, props={"path": f"/prices/{n}"}))
    (row,) = moves_of(keen)
    assert (row.contact_id, row.entered, row.why, row.event) == (ann, True, "event", "price")
    assert len(row.reasons) == 1
    assert "Price" in row.reasons[0]
    assert row.detail == "/prices/1"


def test_leaving_by_the_clock_names_the_window() -> None:
    price = signal("price")
    keen, ann = made(KEEN), person(country="ES")
    SignalDaily.objects.create(
        contact_id=ann, signal_id=price.pk, day=NOW.date(), n=2, first_at=NOW, last_at=NOW
    )
    settle(ann)
    Contact.objects.filter(contact_id=ann).update(city="Girona")
    locks.forget_definitions()
    derive([ann], NOW + timedelta(days=15), {}, "clock")
    last, first = moves_of(keen)
    assert (first.entered, last.entered, last.why) == (True, False, "clock")
    assert len(last.reasons) == 1
    assert "14" in last.reasons[0]


def test_leaving_names_only_the_condition_that_no_longer_holds() -> None:
    price = signal("price")
    keen, ann = made(KEEN), person(country="ES")
    SignalDaily.objects.create(
        contact_id=ann, signal_id=price.pk, day=NOW.date(), n=2, first_at=NOW, last_at=NOW
    )
    settle(ann)
    Contact.objects.filter(contact_id=ann).update(country="RU")
    settle(ann, now=NOW + timedelta(hours=1))
    assert [row.reasons for row in moves_of(keen, which="left")] == [("country is “ES”",)]


def test_another_rule_is_the_reason_of_those_it_moves() -> None:
    ann, bob = person(country="ES"), person(country="RU")
    spain = made(SPAIN, "es")
    assert moves_of(spain) == []
    nina = Actor(kind="user", id=1, name="Nina", rights=SYSTEM.rights)
    actions.update(nina, spain.pk, NOW, rule={**SPAIN, "value": "RU"})
    recompute.build_segment(spain.pk)
    found = {(row.contact_id, row.entered, row.why) for row in moves_of(spain)}
    assert found == {(ann, False, "rule"), (bob, True, "rule")}


def test_a_hand_is_named() -> None:
    ann = person()
    nina = Actor(kind="user", id=1, name="Nina", rights=SYSTEM.rights)
    vip = actions.create(nina, key="vip", name="VIP", kind="static")
    lists.add(nina, vip.pk, [ann], NOW)
    (row,) = moves_of(vip)
    assert (row.why, row.actor) == ("hand", "user:1 Nina")


def test_moves_are_filtered_paged_and_exported(client: Client) -> None:
    cast.sign_in(client)
    people = [person(country="ES") for _ in range(60)]
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    lists.add(SYSTEM, vip.pk, people, NOW)
    lists.remove(SYSTEM, vip.pk, people[:3], NOW + timedelta(days=2))
    page = client.get(f"/segments/{vip.pk}/moves/?which=left")
    assert page.context["page"].next == ""
    assert len(page.context["page"].rows) == 3
    first = client.get(f"/segments/{vip.pk}/moves/")
    following = client.get(f"/segments/{vip.pk}/moves/?after={first.context['page'].next}")
    assert len(first.context["page"].rows) + len(following.context["page"].rows) == 63
    later = client.get(f"/segments/{vip.pk}/moves/?from=2026-11-24")
    assert len(later.context["page"].rows) == 3
    lines = b"".join(client.get(f"/segments/{vip.pk}/moves.csv?which=left")).decode()  # type: ignore[call-overload]  # streams
    assert len(lines.splitlines()) == 4


def test_days_follow_from_the_moves_even_where_no_worker_ran() -> None:
    now = clock.now()
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    people = [person() for _ in range(4)]
    Segment.objects.filter(pk=vip.pk).update(created_at=now - timedelta(days=6), size=3)
    SegmentDay.objects.all().delete()
    for n, who in enumerate(people):
        SegmentMove.objects.create(
            contact_id=who,
            segment_id=vip.pk,
            at=now - timedelta(days=4 - n // 2),
            entered=True,
            why="hand",
        )
    SegmentMove.objects.create(
        contact_id=people[0], segment_id=vip.pk, at=now, entered=False, why="hand"
    )
    growth.write()
    found = growth.days(vip.pk, date(2000, 1, 1))
    assert [(day.size, day.came, day.went) for day in found] == [
        (2, 2, 0),
        (4, 2, 0),
        (4, 0, 0),
        (4, 0, 0),
        (3, 0, 1),
    ]


def test_hundreds_of_segments_cost_as_many_queries_as_few(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "refresh_clock", lambda: None)  # it asks now and then
    cast.sign_in(client)
    actions.create(SYSTEM, key="first", name="First", kind="static")

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    few = [queries(address) for address in ("/segments/", "/segments/overlap/")]
    Segment.objects.bulk_create(
        Segment(
            key=f"s{n}",
            name=f"Segment {n:03}",
            kind="static",
            status="live",
            folder=f"F{n % 9}",
        )
        for n in range(500)
    )
    assert [queries(address) for address in ("/segments/", "/segments/overlap/")] == few
    seen: list[str] = []
    address = "/segments/"
    while address:
        page = client.get(address)
        seen += [row["segment"].key for row in page.context["rows"]]
        following = page.context["next_url"]
        address = f"/segments/{following}" if following else ""
    assert len(seen) == len(set(seen)) == 501
    assert len(client.get("/segments/?folder=/F3").context["rows"]) == 56
    broken = Segment.objects.filter(key="s400")
    broken.update(status="broken", why="gone")
    assert client.get("/segments/").context["rows"][0]["segment"].key == "s400"


def test_a_person_s_history_moves_with_a_merge() -> None:
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    ann, twin = cast.someone("Ann"), cast.someone("Anna")
    lists.add(SYSTEM, vip.pk, [twin], clock.now())
    merging.merge(SYSTEM, ann, twin)
    assert set(Membership.objects.values_list("contact_id", flat=True)) == {ann}
    assert set(SegmentMove.objects.values_list("contact_id", flat=True)) == {ann}
