"""From bytes to facts: identities, times, text, traits and the page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trellis.events.types import Fact
from trellis.tracking.parse import BodyRefused, open_body, parse_batch, parse_items
from trellis.tracking.steps import JUNK
from trellis.tracking.types import NO_STAMP, Arrival, Note, Parsed, Reason

NOW = 1_795_435_200.0
"""23 November 2026, 12:00 UTC: when everything in these tests is received."""


def parse(call: str, item: Any, **around: Any) -> Parsed:
    """Parse one item received at ``NOW``."""
    raw = item if isinstance(item, bytes) else json.dumps(item).encode()
    agent = around.pop("user_agent", "")
    arrival = Arrival(received=NOW, call=call, key_id=7, user_agent=agent)
    return parse_items([raw], arrival, around.pop("sent", None), around.pop("context", None))


def fact(call: str, item: Any, **around: Any) -> Fact:
    """The one fact of an item that must be accepted."""
    parsed = parse(call, item, **around)
    assert parsed.refused == []
    return parsed.facts[0]


def reason(call: str, item: Any) -> Reason:
    """Why an item is refused."""
    parsed = parse(call, item)
    assert parsed.facts == []
    return parsed.refused[0].reason


@pytest.mark.parametrize(
    ("item", "ids"),
    [
        ({"userId": " u1 "}, (("user_id", "u1"),)),
        ({"userId": 12345}, (("user_id", "12345"),)),
        ({"userId": 12.0}, (("user_id", "12"),)),
        ({"anonymousId": "a1", "userId": "u1"}, (("user_id", "u1"), ("anonymous_id", "a1"))),
        ({"userId": "Ann@X.org"}, (("user_id", "Ann@X.org"), ("email", "ann@x.org"))),
        (
            {"anonymousId": "a", "traits": {"email": "Ann@X.org", "phone": "+34 612 345 678"}},
            (("email", "ann@x.org"), ("phone", "+34612345678"), ("anonymous_id", "a")),
        ),
        (
            {"anonymousId": "a", "context": {"traits": {"email": "ann@x.org"}}},
            (("email", "ann@x.org"), ("anonymous_id", "a")),
        ),
        (
            {"userId": "u", "context": {"externalIds": [{"type": "crm", "id": "7"}]}},
            (("user_id", "u"), ("crm", "7")),
        ),
        (
            {
                "userId": "u",
                "context": {"externalIds": [{"type": "email", "id": "x@y.org"}, 3]},
            },
            (("user_id", "u"),),
        ),
        (
            {"userId": "u", "traits": {"phone": "612 345 678", "country": "ES"}},
            (("user_id", "u"), ("phone", "+34612345678")),
        ),
    ],
)
def test_identities_are_normalised_strongest_first(
    item: dict[str, Any], ids: tuple[tuple[str, str], ...]
) -> None:
    assert fact("identify", item).ids == ids


@pytest.mark.parametrize("junk", sorted(JUNK))
def test_a_junk_id_joins_nobody(junk: str) -> None:
    assert reason("track", {"userId": junk.upper(), "event": "X"}) is Reason.NO_IDENTITY
    accepted = parse("track", {"userId": junk, "anonymousId": "a1", "event": "X"})
    assert accepted.facts[0].ids == (("anonymous_id", "a1"),)
    assert Note.JUNK_ID in accepted.notes


@pytest.mark.parametrize(
    "missing", [{}, {"userId": ""}, {"userId": None}, {"userId": "x" * 600}]
)
def test_a_fact_is_about_somebody(missing: dict[str, Any]) -> None:
    assert reason("page", missing) is Reason.NO_IDENTITY


@pytest.mark.parametrize(
    ("call", "item", "expected"),
    [
        ("track", {"userId": "u"}, Reason.NO_EVENT_NAME),
        ("track", {"userId": "u", "event": "  "}, Reason.NO_EVENT_NAME),
        ("track", {"userId": "u", "event": "x" * 201}, Reason.NAME_TOO_LONG),
        ("group", {"userId": "u"}, Reason.NO_GROUP),
        ("alias", {"userId": "u"}, Reason.NO_PREVIOUS),
        ("batch", {"userId": "u", "type": "delete"}, Reason.UNKNOWN_CALL),
        ("batch", {"userId": "u"}, Reason.UNKNOWN_CALL),
        ("track", {"userId": ["u"], "event": "x"}, Reason.WRONG_TYPE),
        ("track", {"userId": "u", "event": "x", "properties": "no"}, Reason.WRONG_TYPE),
        ("track", [], Reason.NOT_AN_OBJECT),
        ("track", b"\xff\xfe", Reason.NOT_UTF8),
        ("track", b"{'userId': 1}", Reason.NOT_JSON),
        ("track", b"[" * 5_000, Reason.TOO_DEEP),
        (
            "track",
            {"userId": "u", "event": "x", "timestamp": "yesterday"},
            Reason.BAD_TIMESTAMP,
        ),
        ("track", {"userId": "u", "event": "x", "timestamp": "1999-12-31"}, Reason.TOO_OLD),
    ],
)
def test_each_fault_has_its_reason(call: str, item: Any, expected: Reason) -> None:
    assert reason(call, item) is expected


def test_what_nests_too_deeply_is_refused_and_what_is_flat_is_not() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    body = {"userId": "u", "event": "x", "properties": {"deep": deep}}
    assert reason("track", body) is Reason.TOO_DEEP
    wide = {"userId": "u", "event": "x", "properties": {"wide": [[] for _ in range(100)]}}
    assert len(fact("track", wide).props["wide"]) == 100


@pytest.mark.parametrize(
    ("said", "sent", "at"),
    [
        ("2026-11-23T11:00:00Z", "2026-11-23T12:00:00Z", NOW - 3600),
        ("2026-11-23T14:00:00+03:00", "2026-11-23T12:00:00.000Z", NOW - 3600),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:10Z", NOW - 10),
        ("2031-01-01T00:00:00Z", "2031-01-01T01:00:00Z", NOW - 3600),
        ("2026-11-23T11:00:00Z", None, NOW - 3600),
        ("2026-11-23 11:00:00", None, NOW - 3600),
        (1_795_431_600, None, NOW - 3600),
        (1_795_431_600_000, None, NOW - 3600),
        ("1795431600", None, NOW - 3600),
        ("2030-01-01T00:00:00Z", None, NOW),
        ("2026-11-23T12:30:00Z", "2026-11-23T12:00:00Z", NOW),
        (None, "2020-01-01T00:00:00Z", NOW),
        ("2026-11-23T11:00:00Z", "no time", NOW - 3600),
    ],
)
def test_the_clients_clock_is_corrected_and_nothing_lies_in_the_future(
    said: Any, sent: str | None, at: float
) -> None:
    item = {"userId": "u", "event": "x", "timestamp": said}
    assert fact("track", item, sent=sent).at == at
    assert fact("track", {**item, "sentAt": sent}).at == at


def test_the_original_timestamp_goes_before_the_forwarders() -> None:
    item = {"userId": "u", "event": "x", "timestamp": "2026-11-23T11:30:00Z"}
    found = fact("track", {**item, "originalTimestamp": "2026-11-23T11:00:00Z"})
    assert found.at == NOW - 3600
    assert found.stamp == int((NOW - 3600) * 1000)


def test_a_retry_carries_the_same_message_id_and_stamp() -> None:
    item = {"userId": "u", "event": "x", "timestamp": "2026-11-23T11:00:00Z"}
    named = {**item, "messageId": "m1"}
    first, again = fact("track", named, sent=NOW - 5), fact("track", named, sent=NOW)
    assert (first.message_id, first.stamp) == (again.message_id, again.stamp)
    unnamed = fact("track", item), fact("track", item)
    assert unnamed[0].message_id == unnamed[1].message_id != ""


def test_without_time_and_id_each_call_is_a_fact_of_its_own() -> None:
    item = {"userId": "u", "event": "x"}
    first, second = fact("track", item), fact("track", item)
    assert first.message_id != second.message_id
    assert first.stamp == NO_STAMP


@pytest.mark.parametrize("text", ["王小明", "Анна", "Begoña", "🥐 ñ", "مرحبا", "a\u200db"])
def test_text_of_any_language_is_kept(text: str) -> None:
    found = fact("track", {"userId": text, "event": text, "properties": {text: text}})
    assert (found.ids, found.name, found.props) == ((("user_id", text),), text, {text: text})


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (rb'{"userId":"u","event":"x","properties":{"a":"b\u0000c"}}', {"a": "b\ufffdc"}),
        (rb'{"userId":"u","event":"x","properties":{"a":"\ud800"}}', {"a": "\ufffd"}),
        (
            rb'{"userId":"u","event":"x","properties":{"a\u0000":["\udc00"]}}',
            {"a\ufffd": ["\ufffd"]},
        ),
        (rb'{"userId":"u","event":"x","properties":{"a":"\ud83e\udd50"}}', {"a": "🥐"}),
        (rb'{"userId":"u","event":"x","properties":{"a":"\\u0000"}}', {"a": "\\u0000"}),
        (b'{"userId":"u","event":"x","properties":{"a":1e999}}', {"a": "inf"}),
        (b'{"userId":"u","event":"x","properties":{"a":NaN}}', {"a": "nan"}),
        (b'{"userId":"u","event":"x","properties":{"a":1e300}}', {"a": "1e+300"}),
        (b'{"userId":"u","event":"x","properties":{"a":' + b"9" * 40 + b"}}", {"a": "9" * 40}),
    ],
)
def test_what_a_database_cannot_hold_is_made_safe(raw: bytes, kept: dict[str, Any]) -> None:
    assert fact("track", raw).props == kept


def test_broken_text_in_one_item_of_a_batch_keeps_the_others() -> None:
    body = rb'{"batch":[{"type":"page","userId":"\ud800"},{"type":"page","userId":"u"}]}'
    parsed = parse_batch(open_body(body), Arrival(received=NOW, call="batch"))
    assert [found.ids[0][1] for found in parsed.facts] == ["\ufffd", "u"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Reason.NOT_JSON),
        (b"[]", Reason.NOT_AN_OBJECT),
        (b'{"batch": 3}', Reason.WRONG_TYPE),
        (b'{"writeKey": "k"}', Reason.WRONG_TYPE),
        (b'{"batch": [' + b"[" * 3_000, Reason.TOO_DEEP),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(body: bytes, expected: Reason) -> None:
    with pytest.raises(BodyRefused) as refused:
        parse_batch(open_body(body), Arrival(received=NOW, call="batch"))
    assert refused.value.reason is expected


def test_traits_are_known_by_our_words() -> None:
    item = {
        "userId": "u",
        "traits": {
            "firstName": " Ann ",
            "lastName": "Lee",
            "Phone": "+34612345678",
            "timezone": "Europe/Madrid",
            "address": {"city": "Roma", "country": "IT", "street": "Via 1"},
            "company": {"name": "Bakers"},
            "topic": "bread",
            "tags": ["a", "b"],
        },
        "context": {"locale": "es-ES"},
    }
    assert fact("identify", item).traits == {
        "first_name": "Ann",
        "last_name": "Lee",
        "phone": "+34612345678",
        "time_zone": "Europe/Madrid",
        "city": "Roma",
        "country": "IT",
        "address_street": "Via 1",
        "company": {"name": "Bakers"},
        "topic": "bread",
        "tags": ["a", "b"],
        "locale": "es-ES",
    }


def test_a_bare_name_is_taken_apart() -> None:
    assert fact("identify", {"userId": "u", "traits": {"name": "Anna Maria Rossi"}}).traits == {
        "first_name": "Anna",
        "last_name": "Maria Rossi",
    }


def test_what_is_no_address_is_set_aside_and_counted() -> None:
    traits = {"email": "ann at x", "phone": "call me"}
    parsed = parse("identify", {"userId": "u", "traits": traits})
    (found,) = parsed.facts
    assert found.traits == {}
    assert found.props == {
        "invalid_email": "ann at x",
        "invalid_phone": "call me",
        "told": ["user_id"],
    }
    assert Note.BAD_EMAIL in parsed.notes
    assert Note.BAD_PHONE in parsed.notes


def test_the_page_and_its_campaign_become_properties() -> None:
    url = "https://x.org/cakes?utm_source=mail&utm_medium=email&gclid=g1&utm_term=t%C3%A9"
    page = {"url": url, "title": "Cakes", "referrer": "https://s.org"}
    found = fact("page", {"userId": "u", "name": "List", "context": {"page": page}})
    assert found.name == "Page Viewed"
    assert found.props == {
        "name": "List",
        "url": url,
        "path": "/cakes",
        "title": "Cakes",
        "referrer": "https://s.org",
        "utm_source": "mail",
        "utm_medium": "email",
        "utm_term": "té",
        "gclid": "g1",
    }


def test_a_named_campaign_goes_before_the_address_and_properties_before_both() -> None:
    item = {
        "userId": "u",
        "properties": {"url": "https://x.org/?utm_source=c", "utm_medium": "own"},
        "context": {"campaign": {"source": "b", "medium": "m", "name": "may"}},
    }
    props = fact("page", item).props
    assert (props["utm_source"], props["utm_medium"], props["utm_campaign"]) == (
        "b",
        "own",
        "may",
    )


def test_a_groups_traits_are_those_of_the_persons_company() -> None:
    found = fact("group", {"userId": "u", "groupId": "g1", "traits": {"name": "Bakers"}})
    assert (found.traits, found.props) == (
        {"company": {"name": "Bakers", "id": "g1"}},
        {"name": "Bakers", "group_id": "g1"},
    )


@pytest.mark.parametrize(
    ("previous", "expected"),
    [("a1", ("anonymous_id", "a1")), ("Ann@X.org", ("email", "ann@x.org"))],
)
def test_an_alias_names_what_it_joins(previous: str, expected: tuple[str, str]) -> None:
    assert fact("alias", {"userId": "u", "previousId": previous}).previous == expected


def test_consent_is_taken_only_where_it_is_clear() -> None:
    consent = [
        {"purpose": "marketing", "given": True, "wording": "News, please", "channel": "email"},
        {"purpose": "marketing", "given": "maybe"},
        {"purpose": "everything", "given": True},
        "yes",
    ]
    found = fact("track", {"userId": "u", "event": "x", "context": {"consent": consent}})
    assert found.consent == (
        {
            "purpose": "marketing",
            "channel": "email",
            "given": True,
            "wording": "News, please",
            "source": "api",
        },
    )


def test_a_browsers_agent_comes_from_the_request() -> None:
    item = {"anonymousId": "a", "context": {"library": {"name": "t.js"}}}
    found = fact("page", item, user_agent="Mozilla/5.0 Firefox/150")
    assert (found.origin, found.props["user_agent"]) == ("t.js", "Mozilla/5.0 Firefox/150")
    assert "user_agent" not in fact("page", {"anonymousId": "a"}, user_agent="python").props


def test_the_batchs_context_is_under_each_items_own() -> None:
    around = {"locale": "ru", "page": {"path": "/a"}}
    item = {"userId": "u", "event": "x", "context": {"locale": "ca"}}
    assert fact("track", item, context=around).props == {"locale": "ca", "path": "/a"}
