"""Visitors as the collector judges them: robots, crowds without consent, the script's options."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tracking.client import Client, counted, facts, refused
from trellis.accounts.models import Key
from trellis.core import clock
from trellis.events.models import Inbox
from trellis.messaging import tokens

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0 Safari/537.36"
PERSON = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def from_the_web(agent: str, **context: Any) -> dict[str, Any]:
    """A page view of t.js in a browser that calls itself ``agent``."""
    said = {"library": {"name": "t.js"}, "userAgent": agent, **context}
    return {"anonymousId": "a", "context": said}


@pytest.mark.parametrize(
    ("call", "headers", "reason"),
    [
        (from_the_web(CRAWLER), {}, "bot_crawler"),
        (from_the_web(HEADLESS), {}, "bot_headless"),
        (from_the_web("curl/8.5.0"), {}, "bot_program"),
        (from_the_web(PERSON, automated=True), {}, "bot_automated"),
        (from_the_web(PERSON), {"Sec-Purpose": "prefetch;prerender"}, "bot_prefetch"),
    ],
)
def test_what_no_person_did_is_refused_and_counted_by_reason(
    client: Client, call: dict[str, Any], headers: dict[str, str], reason: str
) -> None:
    answer = client.post("/v1/page", call, headers={**client.basic, **headers})
    assert (answer.status, answer.json["code"]) == (400, reason)
    assert facts() == []
    assert counted("rejected") == {reason: 1}


def test_of_many_robots_one_is_kept_as_a_sample_and_all_are_counted(client: Client) -> None:
    for n in range(3):
        client.post("/v1/page", from_the_web("Wget/1.2" + str(n)))
    assert counted("rejected") == {"bot_program": 3}
    assert len(refused()) <= 1


def test_a_person_is_taken_for_one(client: Client) -> None:
    client.post("/v1/page", from_the_web(PERSON))
    (fact,) = facts()
    assert "bot" not in fact.props


def test_a_robot_that_speaks_for_somebody_known_is_marked(client: Client) -> None:
    said = {"userId": "u1", "event": "Order Completed", "context": {"userAgent": "curl/8.5"}}
    client.post("/v1/track", said)
    (fact,) = facts()
    assert fact.props["bot"] == "program"
    assert counted("noted")["bot"] == 1


def test_a_key_may_keep_robots_with_a_mark(client: Client, committed: int) -> None:
    Key.objects.filter(pk=committed).update(tracking={"bots": "mark"})
    client.refresh()
    client.post("/v1/page", from_the_web(CRAWLER))
    (fact,) = facts()
    assert fact.props["bot"] == "crawler"


def test_without_consent_visitors_are_a_crowd_of_the_day(client: Client) -> None:
    context = {"library": {"name": "t.js"}, "cookieless": True}
    agent = {**client.basic, "User-Agent": PERSON}
    for path in ("/a", "/b"):
        client.post("/v1/page", {"context": {**context, "page": {"path": path}}}, headers=agent)
    client.post("/v1/page", {"context": context}, headers={**agent, "User-Agent": PERSON + "x"})
    first, second, other = facts()
    assert first.ids == second.ids != other.ids
    ((_kind, name),) = first.ids
    assert name.startswith("crowd-")
    assert "user_agent" not in first.props


def test_without_consent_nobody_is_identified(client: Client) -> None:
    context = {"library": {"name": "t.js"}, "cookieless": True}
    answer = client.post("/v1/identify", {"traits": {"plan": "x"}, "context": context})
    assert answer.json["code"] == "no_identity"


def test_who_sends_a_form_without_consent_is_known_by_what_it_says(client: Client) -> None:
    context = {"cookieless": True, "traits": {"email": "ann@example.org"}}
    client.post("/v1/track", {"event": "Form Submitted", "context": context})
    (fact,) = facts()
    assert fact.ids == (("email", "ann@example.org"),)


def test_the_script_brings_the_options_of_its_key(client: Client, committed: int) -> None:
    Key.objects.filter(pk=committed).update(
        tracking={"consent": "opt_in", "off": ["exit"], "bots": "mark"}
    )
    client.refresh()
    plain = client.request("GET", "/t.js").body
    bound = client.request("GET", "/t.js", query=f"key={client.token}")
    assert plain.strip() in bound.body
    said = json.loads(bound.body.rpartition(b"})(")[2].rstrip(b");"))
    assert said == {"consent": "opt_in", "before": "nothing", "off": ["exit"], "read": 8}
    assert b"max-age=300" in bound.headers["cache-control"].encode()
    assert client.request("GET", "/t.js", query="key=wk_unknown").body == plain


def test_no_address_of_the_network_is_kept(client: Client) -> None:
    context = {"library": {"name": "t.js"}, "ip": "198.51.100.9", "cookieless": True}
    client.post("/v1/page", {"context": context})
    client.post("/v1/page", {"anonymousId": "a", "context": {**context, "cookieless": False}})
    kept = b"".join(bytes(row.facts) for row in Inbox.objects.all())
    assert b"203.0.113" not in kept
    assert b"198.51.100" not in kept


def arrival(ago: int = 60) -> str:
    at = int(clock.now().timestamp()) - ago
    return tokens.arrival_token(tokens.Arrival(7, 42, "hello", at))


def arrive(client: Client, token: str, agent: str = PERSON, **more: Any) -> Any:
    client.post("/v1/identify", from_the_web(agent, arrival=token) | more)
    return facts()[-1]


def switch_on(client: Client, key_id: int) -> None:
    Key.objects.filter(pk=key_id).update(tracking={"sites": ["x.org"], "bots": "mark"})
    client.refresh()


def test_who_came_by_a_message_is_told_with_the_message(client: Client, committed: int) -> None:
    switch_on(client, committed)
    fact = arrive(client, arrival())
    assert (tuple(fact.came_by), fact.props["message_id"]) == ((7, 42), 42)


@pytest.mark.parametrize(
    ("token", "note"),
    [("forged", "bad_arrival"), ("x" * 5000, "bad_arrival"), ("old", "old_arrival")],
)
def test_a_token_that_is_no_good_is_counted(
    client: Client, committed: int, token: str, note: str
) -> None:
    switch_on(client, committed)
    assert arrive(client, arrival(ago=1900) if token == "old" else token).came_by is None
    assert counted("noted")[note] == 1


def test_no_click_counts_where_the_key_names_no_sites(client: Client) -> None:
    assert arrive(client, arrival()).came_by is None


def test_robots_and_those_who_say_who_they_are_are_not_tied(
    client: Client, committed: int
) -> None:
    switch_on(client, committed)
    assert arrive(client, arrival(), agent=HEADLESS).came_by is None
    assert arrive(client, arrival(), userId="u1").came_by is None
    unsigned = from_the_web(PERSON, arrival=arrival()) | {"context": {"arrival": arrival()}}
    client.post("/v1/identify", unsigned)
    assert facts()[-1].came_by is None
