"""From the inbox to the log and what follows from it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
import time_machine
from django.db import connections
from django.db.models import Sum

from tests.pipeline.facts import NOW, T, device, email, fact, identify, page, run
from trellis.core.models import Counter
from trellis.events import inbox, types
from trellis.events.models import Decision, Event, Inbox, Rejected, Seen, Signal, SignalDaily
from trellis.people.models import Attribute, Consent, Contact, Merge
from trellis.pipeline import advance, stages
from trellis.sources.models import Source, Touch


@pytest.fixture(autouse=True)
def at_noon() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def counted(name: str) -> int:
    return Counter.objects.filter(name=name).aggregate(n=Sum("n"))["n"] or 0


def outside() -> int:
    """How many events were stated from outside."""
    return Event.objects.filter(depth=0).count()


def signal(name: str = "Price List Viewed", **more: object) -> Signal:
    fields = {"key": "price", "name": "Price", "event_type": "track", "status": "live", **more}
    return Signal.objects.create(event_name=name, **fields)


@pytest.mark.django_db
def test_a_fact_ends_in_the_log_with_its_contact() -> None:
    assert run(fact("Order Completed", email("a@x.io"), props={"total": 12.5})) > 0
    event = Event.objects.get(depth=0)
    assert event.contact_id == Contact.objects.get().contact_id
    assert event.props == {"total": 12.5}
    assert event.at == NOW
    assert not Inbox.objects.exists()
    assert counted("logged") == Event.objects.count()


@pytest.mark.django_db
def test_a_message_id_counts_once_however_often_it_comes() -> None:
    one = fact("Clicked", email("a@x.io"), message_id="same")
    run(one, one)
    run(one)
    assert outside() == 1
    assert counted("duplicate") == 2


@pytest.mark.django_db
def test_an_event_that_comes_again_after_its_message_id_was_forgotten_is_no_second_one() -> (
    None
):
    one = fact("Clicked", email("a@x.io"), consent=({"purpose": "marketing", "given": True},))
    run(one)
    Seen.objects.all().delete()
    run(one, fact("Clicked", email("a@x.io")))
    assert outside() == 2
    assert Consent.objects.count() == 1


@pytest.mark.django_db
def test_signals_are_counted_per_day_with_their_sum() -> None:
    row = signal(value_prop="amount")
    run(
        fact("Price List Viewed", email("a@x.io"), props={"amount": 2}),
        fact("Price List Viewed", email("a@x.io"), props={"amount": "3.5"}),
        fact("Price List Viewed", email("a@x.io"), at=T - 86_400, props={"amount": True}),
        fact("Something Else", email("a@x.io")),
    )
    days = SignalDaily.objects.order_by("day").values_list("signal_id", "n", "sum")
    assert list(days) == [(row.pk, 1, 0.0), (row.pk, 2, 5.5)]


@pytest.mark.django_db
def test_a_filter_decides_which_events_count() -> None:
    rule = {"all": [{"field": "prop.path", "op": "starts_with", "value": "/master"}]}
    signal("Page Viewed", event_type="page", filter=rule)
    run(
        page("/master-class", email("a@x.io")),
        page("/master/list", email("a@x.io")),
        page("/cart", email("a@x.io")),
    )
    assert SignalDaily.objects.get().n == 2


@pytest.mark.django_db
def test_visits_before_somebody_named_herself_are_hers() -> None:
    signal("Page Viewed", event_type="page")
    run(identify(email("a@x.io")))
    run(page("/", device("d")))
    run(identify(email("a@x.io"), device("d")))
    known = Contact.objects.get(merged_into=None)
    assert set(Event.objects.values_list("contact_id", flat=True)) == {known.contact_id}
    assert SignalDaily.objects.get().contact_id == known.contact_id
    assert Merge.objects.get().reason == "device"
    visit = Event.objects.get(origin_id__isnull=False)
    assert visit.origin_id == Merge.objects.get().loser_id
    stated = Event.objects.values_list("props__loser_id", flat=True)
    assert Merge.objects.get().loser_id in stated


@pytest.mark.django_db
def test_traits_fill_the_profile_and_make_attributes() -> None:
    run(
        identify(
            email("a@x.io"), email="A@x.io", first_name="Ana", timezone="Europe/Madrid",
            company={"name": "Acme"}, address={"city": "Girona", "street": "Nou 1"},
            employees=12, vip=True, since="2024-02-01",
        )
    )  # fmt: skip
    contact = Contact.objects.get()
    assert (contact.email, contact.first_name, contact.city) == ("a@x.io", "Ana", "Girona")
    assert contact.time_zone == "Europe/Madrid"
    assert contact.attributes == {
        "address_street": "Nou 1", "employees": 12, "vip": True, "since": "2024-02-01",
    }  # fmt: skip
    assert dict(Attribute.objects.values_list("key", "type")) == {
        "address_street": "text", "employees": "number", "vip": "boolean", "since": "date",
    }  # fmt: skip
    assert contact.provenance["employees"]["src"] == "api"


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_newest_word_wins_whatever_arrives_first(order: Sequence[int]) -> None:
    said = [(T, "Girona", 1), (T + 10, "Lleida", 2), (T + 20, "Vic", 3)]
    for i in order:
        at, city, n = said[i]
        run(identify(email("a@x.io"), at=at, city=city, n=n))
    contact = Contact.objects.get()
    assert (contact.city, contact.attributes["n"]) == ("Vic", 3)


@pytest.mark.django_db
def test_a_value_of_the_wrong_type_is_kept_out_and_told() -> None:
    run(identify(email("a@x.io"), employees=12))
    run(identify(email("a@x.io"), at=T + 1, employees="many", city=["x"]))
    assert Contact.objects.get().attributes == {"employees": 12}
    rows = Decision.objects.order_by("subject").values_list("subject", "outcome", "reason")
    assert list(rows) == [
        ("city", "refused", "not_text"),
        ("employees", "refused", "not_a_number"),
    ]
    assert counted("attribute_refused") == 2


@pytest.mark.django_db
def test_an_address_of_somebody_else_does_not_overwrite_a_known_contact() -> None:
    run(identify(("user_id", "1"), email("a@x.io"), email="a@x.io"))
    run(identify(("user_id", "2"), email("b@x.io"), email="b@x.io"))
    run(identify(("user_id", "2"), email("a@x.io"), at=T + 9, email="a@x.io"))
    assert set(Contact.objects.values_list("email", flat=True)) == {"a@x.io", "b@x.io"}


@pytest.mark.django_db
def test_a_consent_is_recorded_with_its_words() -> None:
    said = {
        "purpose": "marketing",
        "channel": "email",
        "given": True,
        "wording": "Yes",
        "form": 3,
    }
    run(fact("Form Submitted", email("a@x.io"), consent=(said,), origin="form"))
    row = Consent.objects.get()
    assert (row.purpose, row.channel, row.given) == ("marketing", "email", True)
    assert (row.source, row.wording, row.proof) == ("form", "Yes", {"form": 3})


@pytest.mark.django_db
def test_an_arrival_is_a_touch_and_the_next_page_is_not() -> None:
    run(
        page("/", device("d"), url="https://shop.io/", referrer="https://www.google.com/"),
        page("/b", device("d"), url="https://shop.io/b", referrer="https://shop.io/"),
        page("/", device("d"), at=T + 9, utm_source="news", utm_medium="email"),
    )
    key_of = dict(Source.objects.values_list("pk", "key"))
    rows = Touch.objects.order_by("at").values_list("source_id", "how")
    assert [(key_of[source], how) for source, how in rows] == [
        ("seo", "visit"), ("email", "campaign"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_chain_of_decisions_is_cut() -> None:
    run(fact("Ping", email("a@x.io"), depth=types.MAX_DEPTH + 1))
    assert counted("chain_cut") == 1
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_a_fact_that_cannot_be_processed_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(batch: stages.Batch) -> None:
        if any(row.props.get("bad") for row in batch.rows):
            raise ValueError("bad fact")

    monkeypatch.setattr(advance, "STAGES", (*stages.STAGES, trip))
    good = [fact("Fine", email(f"p{i}@x.io")) for i in range(7)]
    bad = fact("Odd", email("odd@x.io"), props={"bad": 1})
    run(*good[:3], bad, *good[3:])
    assert outside() == 7
    kept = Rejected.objects.get()
    assert (kept.reason, kept.origin) == ("processing", "pipeline")
    assert types.decoder.decode(bytes(kept.body)) == [bad]


@pytest.mark.django_db(transaction=True)
def test_when_nothing_can_be_processed_nothing_is_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trip(batch: stages.Batch) -> None:
        raise ValueError("broken for all")

    monkeypatch.setattr(advance, "STAGES", (*stages.STAGES, trip))
    inbox.put([fact("A", email("a@x.io")), fact("B", email("b@x.io"))])
    with pytest.raises(advance.Stuck):
        advance.run_batch()
    assert Inbox.objects.get().n == 2
    assert not Rejected.objects.exists()


@pytest.mark.django_db
def test_an_inbox_row_that_cannot_be_read_is_kept() -> None:
    Inbox.objects.create(slot=1, n=1, facts=b"[{")
    assert advance.run_batch() == 1
    assert Rejected.objects.get().reason == "unreadable"


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_the_same_contacts_count_everything_once() -> None:
    signal()
    facts = [
        fact("Price List Viewed", email(f"p{i % 7}@x.io"), device(f"d{i % 7}"))
        for i in range(700)
    ]
    for i in range(0, 700, 10):
        inbox.put(facts[i : i + 10])
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while advance.run_batch(50):
                pass
        except BaseException as error:  # noqa: BLE001  # shown by the main thread
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert outside() == 700
    assert Contact.objects.count() == 7
    assert SignalDaily.objects.aggregate(n=Sum("n")) == {"n": 700}


@pytest.mark.django_db
def test_what_derivation_decides_is_logged_in_the_same_batch_with_its_cause() -> None:
    inbox.put([identify(email("a@x.io"))])
    advance.run_batch()
    told = Event.objects.get(depth=1)
    assert told.cause == Event.objects.get(depth=0).event_id
    assert told.props["how"] == "rule"
    assert not Inbox.objects.exists()


@pytest.mark.django_db
def test_a_signal_can_count_what_derivation_decides() -> None:
    row = signal("Stage Changed", event_type="system")
    run(identify(email("a@x.io")))
    assert SignalDaily.objects.get().signal_id == row.pk
