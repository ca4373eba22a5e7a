"""Signals: counted live, filled from the log, and never twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.facts import NOW, T, device, email, fact, page, run
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Forbidden
from trellis.core.locks import forget_definitions
from trellis.events import signals
from trellis.events.models import Event, Signal, SignalDaily, SignalValue
from trellis.people import actions
from trellis.people.models import Merge, Standing
from trellis.rules.types import RuleError

MASTER = {"all": [{"field": "prop.path", "op": "starts_with", "value": "/master"}]}
NOBODY = Actor(kind="user", id=1, name="Ann", rights=frozenset())


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def total(signal: Signal) -> int:
    return sum(SignalDaily.objects.filter(signal_id=signal.pk).values_list("n", flat=True))


@pytest.mark.django_db
def test_a_signal_without_history_counts_at_once() -> None:
    signal = signals.ensure("track", "Order Completed")
    assert (signal.status, signal.progress) == ("live", 100)
    run(fact("Order Completed", email("a@x.io")))
    assert total(signal) == 1


@pytest.mark.django_db
def test_the_same_behaviour_is_one_signal() -> None:
    one = signals.ensure("page", "Page Viewed", MASTER)
    assert signals.ensure("page", "Page Viewed", dict(MASTER)) == one
    assert signals.ensure("page", "Page Viewed") != one
    assert Signal.objects.count() == 2


@pytest.mark.django_db
def test_making_a_signal_needs_the_right_and_finding_one_does_not() -> None:
    with pytest.raises(Forbidden):
        signals.ensure("track", "Order Completed", actor=NOBODY)
    made = signals.ensure("track", "Order Completed")
    assert signals.ensure("track", "Order Completed", actor=NOBODY) == made


@pytest.mark.django_db
def test_a_filter_that_cannot_be_read_makes_no_signal() -> None:
    with pytest.raises(RuleError):
        signals.ensure("page", "Page Viewed", {"all": [{"field": "prop.path", "op": "?"}]})
    assert not Signal.objects.exists()


@pytest.mark.django_db
def test_a_new_signal_is_filled_from_the_log_and_its_contacts_derived_again() -> None:
    days = [page("/master-class", email("a@x.io"), at=T - n * 86_400) for n in range(40)]
    run(*days, page("/cart", email("b@x.io")))
    Standing.objects.update(next_on=None)
    signal = signals.ensure("page", "Page Viewed", MASTER)
    assert signal.status == "building"
    run(page("/master-class", email("a@x.io")))
    assert total(signal) == 1, "new events count live while the back-fill waits"
    signals.backfill(signal.pk)
    signal.refresh_from_db()
    assert (signal.status, signal.progress) == ("live", 100)
    assert total(signal) == 41
    due = Standing.objects.filter(next_on=NOW.date())
    assert due.count() == 1


@pytest.mark.django_db
def test_a_back_fill_that_was_cut_off_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(*(page("/", email("a@x.io"), at=T - n * 86_400) for n in range(10)))
    signal = signals.ensure("page", "Page Viewed")
    for _ in range(3):
        signals._fill_chunk(signal.pk, signals.timedelta(days=1))
    signal.refresh_from_db()
    assert 0 < signal.progress < 100
    signals.backfill(signal.pk)
    signals.backfill(signal.pk)
    assert total(signal) == 10


@pytest.mark.django_db
def test_sums_agree_between_live_counting_and_the_log() -> None:
    amounts = [1, 2.5, "3", "4.25", "x", "1e9", True, None, 10**16, "-2", {"a": 1}, [5]]
    facts = [fact("Paid", email("a@x.io"), props={"amount": amount}) for amount in amounts]
    live = signals.ensure("track", "Paid", value_prop="amount")
    run(*facts)
    counted = SignalDaily.objects.get(signal_id=live.pk)
    assert (counted.n, counted.sum) == (12, 8.75)
    signals.recount([counted.contact_id])
    again = SignalDaily.objects.get(signal_id=live.pk)
    assert (again.n, again.sum, again.last_at) == (12, 8.75, counted.last_at)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["/master", "/cart"]),
            st.integers(0, 50),
        ),
        max_size=20,
    ),
    st.integers(0, 20),
)
def test_live_counting_and_back_fill_equal_a_full_recount(
    visits: list[tuple[str, str, int]], cut: int
) -> None:
    Event.objects.all().delete()
    SignalDaily.objects.all().delete()
    Signal.objects.all().delete()
    forget_definitions()
    pages = [page(path, email(f"{who}@x.io"), at=T - 7_200 * n) for who, path, n in visits]
    run(*pages[:cut])
    signal = signals.ensure("page", "Page Viewed", MASTER)
    run(*pages[cut:])
    signals.backfill(signal.pk)
    incremental = set(SignalDaily.objects.values_list("contact_id", "day", "n", "last_at"))
    contacts = list(Standing.objects.values_list("contact_id", flat=True))
    signals.recount(contacts)
    assert incremental == set(
        SignalDaily.objects.values_list("contact_id", "day", "n", "last_at")
    )
    assert total(signal) == sum(path == "/master" for _, path, _ in visits)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**17),
    st.floats(-1e18, 1e18),
    st.sampled_from(
        ["", "12", "+3.5", "Cake", "ñandú 北京", "x" * 300, "1e5", 0.1 + 0.2, -0.0]
    ),
    st.just(["cake"]),
)


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seen=st.lists(st.tuples(st.integers(0, 3), VALUES), min_size=1, max_size=6))
def test_values_kept_live_equal_those_from_the_log(seen: list[tuple[int, object]]) -> None:
    with transaction.atomic():
        forget_definitions()
        facts = [
            fact("Viewed", email("a@x.io"), at=T - n * 40_000, props={"of": value})
            for n, value in seen
        ]
        live = signals.ensure("track", "Viewed", value_prop="of")
        run(*facts)
        filled = signals.ensure(
            "track",
            "Viewed",
            {"all": [{"field": "prop.none", "op": "empty"}]},
            value_prop="of",
        )
        signals.backfill(filled.pk)
        assert kept(filled) == kept(live)
        signals.recount([number for number, *_others in kept(live)])
        assert kept(filled) == kept(live)
        assert len(kept(live)) > 0
        transaction.set_rollback(True)
    forget_definitions()


def kept(signal: Signal) -> list[tuple[object, ...]]:
    rows = SignalDaily.objects.filter(signal_id=signal.pk).order_by("contact_id", "day")
    columns = ("n", "high", "low", "first_value", "last_value", "first_at", "last_at")
    return list(rows.values_list("contact_id", "day", *columns))


@pytest.mark.django_db
def test_a_merge_keeps_the_greatest_and_the_last_value_of_both() -> None:
    signals.ensure("track", "Viewed", value_prop="of")
    run(
        fact("Viewed", email("a@x.io"), at=T - 60, props={"of": 7}),
        fact("Viewed", device("d1"), at=T - 30, props={"of": "cake"}),
        fact("Viewed", device("d1"), at=T - 90, props={"of": 9}),
    )
    run(fact("Signed in", email("a@x.io"), device("d1")))
    found = SignalDaily.objects.get()
    assert (found.n, found.high, found.low) == (3, 9, 7)
    assert (found.first_value or "")[20:] == "9"
    assert (found.last_value or "")[20:] == "cake"


VALUES = [7, 1.5, "cake", "", True, None, ["a", "b", "a", {"no": 1}], {"x": 1}, "x" * 300]


@pytest.mark.django_db
def test_values_kept_apart_are_the_same_counted_live_from_the_log_and_again() -> None:
    live = signals.ensure("track", "Viewed", value_prop="of", each_value=True)
    assert live.pk != signals.ensure("track", "Viewed", value_prop="of").pk
    bought = [{"of": "cake", "n": 2}, {"of": 3}, "no product", {"other": 1}]
    run(
        *(
            fact("Viewed", email("a@x.io"), at=T - 9_000 * n, props={"of": value})
            for n, value in enumerate(VALUES)
        ),
        fact("Viewed", email("b@x.io"), at=T - 5, props={"products": bought}),
        fact("Viewed", email("b@x.io"), at=T - 3, props={"of": "tart", "products": bought}),
    )
    said = {value for *_, value, _first, _last in apart(live)}
    assert said == {"7", "1.5", "cake", "true", "a", "b", "x" * 200, "3", "tart"}
    odd = {"all": [{"field": "prop.none", "op": "empty"}]}
    filled = signals.ensure("track", "Viewed", odd, value_prop="of", each_value=True)
    signals.backfill(filled.pk)
    assert apart(filled) == apart(live)
    signals.recount([number for number, *_others in apart(live)])
    assert apart(filled) == apart(live)


def apart(signal: Signal) -> list[tuple[object, ...]]:
    rows = SignalValue.objects.filter(signal_id=signal.pk).order_by(
        "contact_id", "day", "value"
    )
    return list(rows.values_list("contact_id", "day", "value", "first_at", "last_at"))


@pytest.mark.django_db
def test_a_merge_and_its_undoing_bring_the_values_along() -> None:
    signal = signals.ensure("track", "Viewed", value_prop="of", each_value=True)
    run(
        fact("Viewed", email("a@x.io"), at=T - 60, props={"of": "cake"}),
        fact("Viewed", device("d1"), at=T - 90, props={"of": "cake"}),
        fact("Viewed", device("d1"), at=T - 30, props={"of": "tart"}),
    )
    before = apart(signal)
    run(fact("Signed in", email("a@x.io"), device("d1")))
    assert [row[2] for row in apart(signal)] == ["cake", "tart"]
    actions.undo_merge(SYSTEM, Merge.objects.get().merge_id)
    assert apart(signal) == before
