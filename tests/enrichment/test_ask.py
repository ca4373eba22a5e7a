"""Sources of enrichment: whom they are asked about, and what becomes of the answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import time_machine

from tests.enrichment.service import Service, serving
from tests.pipeline.facts import NOW, email, identify, run
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import http
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.enrichment import actions, asking, queries
from trellis.enrichment.models import EnrichmentRun, EnrichmentSource
from trellis.enrichment.sources.webhook import sign
from trellis.people import consent
from trellis.people.consent import Said
from trellis.people.models import Contact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon():  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def webhook(service: Service, **more: Any) -> EnrichmentSource:
    settings = {
        "url": service.url,
        "send": ["email", "attr.topic"],
        "take": {"person.job": "job_title", "person.city": "city", "size": "staff"},
    }
    values = {"basis": "legitimate_interest", "settings": settings, **more}
    source = actions.create(SYSTEM, "webhook", "Directory", values)
    return actions.turn(SYSTEM, source.pk, True)


def known(address: str, **traits: Any) -> Contact:
    run(identify(email(address), email=address, **traits))
    return Contact.objects.get(email=address, merged_into=None)


def reason() -> tuple[str, str]:
    row = EnrichmentRun.objects.latest("at")
    return row.state, row.reason


def test_a_new_known_contact_is_looked_up_and_each_value_says_by_whom() -> None:
    with serving((200, {"person": {"job": "Baker", "city": "Vic"}, "size": 12})) as service:
        source = webhook(service)
        ann = known("ann@x.io", city="Girona", topic="bread")
        assert asking.run_due() == 1
    run()
    ann.refresh_from_db()
    assert ann.city == "Girona"
    assert ann.attributes == {"topic": "bread", "job_title": "Baker", "staff": 12}
    said = ann.provenance["job_title"]
    assert (said["src"], said["basis"]) == ("enrich:Directory", "legitimate_interest")
    assert (said["how"], said["weak"]) == ("passive", True)
    headers, body = service.calls[0]
    assert msgspec.json.decode(body) == {
        "contact_id": ann.contact_id,
        "values": {"email": "ann@x.io", "attr.topic": "bread"},
    }
    stamp = int(headers["webhook-timestamp"])
    secret = EnrichmentSource.objects.get().settings["secret"]
    assert headers["webhook-signature"] == sign(secret, headers["webhook-id"], stamp, body)
    assert queries.latest(source.pk)[0].added["job_title"] == "Baker"


def test_what_the_person_says_later_wins() -> None:
    with serving((200, {"person": {"job": "Baker"}})) as service:
        webhook(service)
        ann = known("ann@x.io")
        asking.run_due()
        run()
        run(identify(email("ann@x.io"), job_title="Chef", at=NOW.timestamp() - 900))
    ann.refresh_from_db()
    assert ann.attributes["job_title"] == "Chef"


def test_a_rule_narrows_whom_it_is_asked_about() -> None:
    rule = {"all": [{"field": "contact.country", "op": "eq", "value": "ES"}]}
    with serving((204, b"")) as service:
        webhook(service, rule=rule)
        known("ann@x.io", country="ES")
        known("ben@x.io", country="FR")
        asking.run_due()
        assert len(service.calls) == 1
    assert reason() == ("skipped", "nothing_known")


@pytest.mark.parametrize(
    ("basis", "said", "why"),
    [
        ("legitimate_interest", None, ""),
        ("legitimate_interest", False, "objection"),
        ("consent", None, "no_consent"),
        ("consent", True, ""),
        ("consent", False, "objection"),
    ],
)
def test_nobody_is_looked_up_without_a_basis(basis: str, said: bool | None, why: str) -> None:
    with serving((204, b"")) as service:
        source = webhook(service, basis=basis)
        ann = known("ann@x.io")
        if said is not None:
            consent.record([Said(ann.contact_id, "enrichment", "*", said, NOW, "test")])
        asking.run_due()
        assert len(service.calls) == (0 if why else 1)
    if why:
        assert reason() == ("skipped", why)
        assert queries.counts(NOW + timedelta(1))[source.pk] == {("skipped", why): 1}


def test_what_fails_for_now_is_asked_again_later_then_given_up() -> None:
    with serving((503, {})) as service:
        webhook(service)
        known("ann@x.io")
        now: datetime = NOW
        for seconds in asking.BACK_OFF:
            with time_machine.travel(now, tick=False):
                assert asking.run_due() == 1
                assert asking.run_due() == 0
            assert reason() == ("waiting", "http_503")
            now += timedelta(seconds=seconds)
        with time_machine.travel(now, tick=False):
            asking.run_due()
        assert len(service.calls) == len(asking.BACK_OFF) + 1
        assert len({headers["webhook-id"] for headers, _ in service.calls}) == 1
    assert reason() == ("failed", "http_503")


@pytest.mark.parametrize(
    "answer",
    [
        (422, {}),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b"\x00"),
        (200, {"person": {"job": "Baker\x00"}}),
        (200, b"x" * 300_000),
    ],
    ids=["refused", "html", "deep", "nul", "nul inside", "too large"],
)
def test_what_cannot_succeed_is_given_up_at_once(answer: tuple[int, Any]) -> None:
    with serving(answer) as service:
        webhook(service)
        known("ann@x.io")
        asking.run_due()
    assert reason()[0] == "failed"


def test_a_source_with_a_fault_does_not_hold_up_those_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_args: object) -> None:
        raise KeyError("a fault of the plug-in")

    with serving((204, b"")) as service:
        webhook(service)
        known("ann@x.io")
        known("ben@x.io")
        monkeypatch.setattr(asking, "question", breaks)
        assert asking.run_due() == 2
    assert set(EnrichmentRun.objects.values_list("state", "reason")) == {("failed", "fault")}
    assert not EnrichmentRun.objects.filter(wake_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://169.254.169.254/latest/", "link_local: 169.254.169.254"),
        ("http://[fe80::1]/", "link_local: fe80::1"),
        ("http://a..b/", "bad_url"),
        ("http://x:99999/", "bad_url"),
    ],
)
def test_an_address_that_must_not_be_asked_switches_the_source_off(
    url: str, fault: str
) -> None:
    with serving((200, {"person": {"job": "Baker"}})) as service:
        source = webhook(service)
    EnrichmentSource.objects.update(settings={**source.settings, "url": url})
    known("ann@x.io")
    asking.run_due()
    source.refresh_from_db()
    assert not source.live
    assert source.fault.startswith(fault)


def test_an_answer_that_drips_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST", -1.0)
    with serving((200, {"person": {"job": "Baker"}})) as service:
        webhook(service)
        known("ann@x.io")
        asking.run_due()
    assert reason() == ("waiting", "too_slow")


def test_a_wrong_setting_switches_the_source_off_and_says_why() -> None:
    with serving((401, {})) as service:
        source = webhook(service)
        known("ann@x.io")
        known("ben@x.io")
        assert asking.run_due() == 1
        source.refresh_from_db()
        assert (source.live, source.fault) == (False, "http_401: answered 401")
        assert len(service.calls) == 1
    assert not EnrichmentRun.objects.filter(wake_at__isnull=False).exists()


def test_a_source_is_asked_no_faster_than_it_may() -> None:
    with serving((204, b"")) as service:
        webhook(service, rate=2)
        for n in range(5):
            known(f"p{n}@x.io")
        assert asking.run_due() == 2
        assert asking.run_due() == 0
        with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
            assert asking.run_due() == 2
        assert len(service.calls) == 4


def test_by_hand_it_is_asked_again_and_a_test_stores_nothing() -> None:
    with serving((200, {"person": {"job": "Baker"}})) as service:
        source = webhook(service)
        ann = known("ann@x.io")
        with pytest.raises(Conflict):
            actions.ask(SYSTEM, source.pk, ann.contact_id)
        asking.run_due()
        actions.ask(SYSTEM, source.pk, ann.contact_id)
        assert asking.run_due() == 1
        runs = EnrichmentRun.objects.count()
        answer = actions.test(SYSTEM, source.pk, ann.contact_id)
        assert answer.traits == {"job_title": "Baker"}
        assert EnrichmentRun.objects.count() == runs


@pytest.mark.parametrize(
    "values",
    [
        {
            "basis": "",
            "settings": {"url": "https://x.io", "send": ["email"], "take": {"a": "b"}},
        },
        {
            "basis": "consent",
            "settings": {"url": "x.io", "send": ["email"], "take": {"a": "b"}},
        },
        {"basis": "consent", "settings": {"url": "https://x.io", "take": {"a": "b"}}},
        {"basis": "consent", "settings": {"url": "https://x.io", "send": ["email"]}},
        {
            "basis": "consent",
            "settings": {"url": "http://[x", "send": ["email"], "take": {"a": "b"}},
        },
        {
            "basis": "consent",
            "settings": {
                "url": "https://x.io",
                "secret": "whsec_no!",
                "send": ["email"],
                "take": {"a": "b"},
            },
        },
    ],
)
def test_a_source_is_not_switched_on_half_set_up(values: dict[str, Any]) -> None:
    source = actions.create(SYSTEM, "webhook", "Directory", values)
    with pytest.raises(InvalidInput):
        actions.turn(SYSTEM, source.pk, True)
    source.refresh_from_db()
    assert not source.live


def test_who_may_not_sets_nothing_up() -> None:
    nobody = Actor(kind="user", id=1, name="A", rights=frozenset())
    with pytest.raises(Forbidden):
        actions.create(nobody, "webhook", "Directory", {})
    with pytest.raises(InvalidInput):
        actions.create(SYSTEM, "oracle", "Directory", {})


@pytest.mark.parametrize(
    ("address", "quality", "why"),
    [
        ("ann@forn.example.org", "work", "own_domain"),
        ("ann@gmail.com", "private", "open_to_everybody"),
        ("info@forn.example.org", "role", "role_address"),
        ("ann@mailinator.com", "bad", "disposable"),
    ],
)
def test_an_address_is_checked_without_a_network(address: str, quality: str, why: str) -> None:
    source = actions.create(SYSTEM, "email_check", "Check", {"basis": "contract"})
    actions.turn(SYSTEM, source.pk, True)
    ann = known(address)
    asking.run_due()
    run()
    ann.refresh_from_db()
    assert (ann.attributes["email_quality"], ann.attributes["email_reason"]) == (quality, why)


@pytest.mark.parametrize(
    ("number", "kind", "region"),
    [
        ("+34600111222", "mobile", "ES"),
        ("+34934001122", "fixed", "ES"),
        ("+34000000000", "not in use", None),
    ],
)
def test_a_number_is_checked_without_a_network(
    number: str, kind: str, region: str | None
) -> None:
    source = actions.create(SYSTEM, "phone_check", "Check", {"basis": "contract"})
    actions.turn(SYSTEM, source.pk, True)
    ann = known("a@x.io")
    contact_id = ann.contact_id
    Contact.objects.filter(contact_id=contact_id).update(phone=number)
    asking.run_due()
    run()
    ann.refresh_from_db()
    assert ann.attributes["phone_kind"] == kind
    assert ann.attributes.get("phone_region") == region
