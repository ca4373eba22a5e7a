"""The collector over ASGI: what is accepted, refused, and how it answers."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.tracking.client import Client, counted, facts, refused
from tests.tracking.conftest import TOKEN
from trellis.accounts.models import Key, KeyKind
from trellis.core.ids import token_hash
from trellis.tracking.types import MAX_BATCH_EVENTS, MAX_EVENT_BYTES


def track(**more: object) -> dict[str, object]:
    """A track call."""
    return {"type": "track", "userId": "u1", "event": "Cake Viewed", "messageId": "m1", **more}


def test_a_track_call_is_in_the_inbox_when_it_is_answered(
    client: Client, committed: int
) -> None:
    response = client.post("/v1/track", track(properties={"sku": "tart"}))
    assert (response.status, response.json) == (200, {"success": True})
    (fact,) = facts()
    assert (fact.type, fact.name, fact.message_id) == ("track", "Cake Viewed", "m1")
    assert fact.ids == (("user_id", "u1"),)
    assert fact.props == {"sku": "tart"}
    assert fact.key_id == committed
    assert counted("accepted") == {"api": 1}


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/v1/identify", {"userId": "u"}, "Identified"),
        ("/v1/page", {"userId": "u"}, "Page Viewed"),
        ("/v1/screen", {"userId": "u"}, "Screen Viewed"),
        ("/v1/group", {"userId": "u", "groupId": "g"}, "Grouped"),
        ("/v1/alias", {"userId": "u", "previousId": "a"}, "Aliased"),
        ("/v1/i", {"userId": "u"}, "Identified"),
        ("/v1/p", {"userId": "u"}, "Page Viewed"),
        ("/v1/t", {"userId": "u", "event": "Cake Eaten"}, "Cake Eaten"),
        ("/v1/s", {"userId": "u"}, "Screen Viewed"),
        ("/v1/g", {"userId": "u", "groupId": "g"}, "Grouped"),
        ("/v1/a", {"userId": "u", "previousId": "a"}, "Aliased"),
    ],
)
def test_every_call_of_the_spec_has_its_path(
    client: Client, path: str, body: dict[str, str], name: str
) -> None:
    assert client.post(path, body).status == 200
    assert [fact.name for fact in facts()] == [name]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import"])
def test_a_batch_is_packed_with_gzip(client: Client, path: str) -> None:
    batch = {"batch": [track(messageId="a"), track(messageId="b")]}
    assert client.post(path, batch, packed=True, pieces=3).status == 200
    assert [fact.message_id for fact in facts()] == ["a", "b"]


def test_the_write_key_may_stand_in_the_body(client: Client) -> None:
    assert client.post("/v1/track", track(writeKey=TOKEN), headers={}).status == 200
    assert (
        client.post("/v1/batch", {"batch": [track()], "writeKey": TOKEN}, headers={}).status
        == 200
    )
    assert client.post("/v1/track", track(), headers={"X-Write-Key": TOKEN}).status == 200
    assert (
        client.post("/v1/track", track(), headers={"Authorization": f"Bearer {TOKEN}"}).status
        == 200
    )
    assert len(facts()) == 4


def test_a_key_made_a_moment_ago_is_known(client: Client) -> None:
    Key.objects.create(
        kind=KeyKind.WRITE,
        name="New",
        token="wk_new",
        prefix="wk_n",
        token_hash=token_hash("wk_new"),
    )
    answers = [
        client.post("/v1/track", track(writeKey="wk_new"), headers={}).status for _ in range(3)
    ]
    assert 200 in answers


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic !"}, {"X-Write-Key": "wk_other"}]
)
def test_an_unknown_key_is_turned_away_and_counted(
    client: Client, headers: dict[str, str]
) -> None:
    response = client.post("/v1/track", track(), headers=headers)
    assert response.status == 401
    assert response.json["code"] == "unknown_key"
    assert (facts(), refused()) == ([], [])
    assert counted("rejected") == {"unknown_key": 1}


def test_an_api_key_cannot_collect(client: Client) -> None:
    Key.objects.create(
        kind=KeyKind.API, name="CRM", token="", prefix="ak_x", token_hash=token_hash("ak_x")
    )
    assert client.post("/v1/track", track(), headers={"X-Write-Key": "ak_x"}).status == 401


def test_one_bad_item_does_not_cost_the_others(client: Client) -> None:
    batch = {
        "batch": [
            track(messageId="a"),
            {"type": "track", "userId": "u"},
            7,
            track(messageId="b"),
        ]
    }
    response = client.post("/v1/batch", batch)
    assert response.status == 200
    assert response.json["rejected"] == 2
    assert response.json["errors"] == [
        {"index": 1, "code": "no_event_name"},
        {"index": 2, "code": "not_an_object"},
    ]
    assert [fact.message_id for fact in facts()] == ["a", "b"]
    assert refused() == [
        ("no_event_name", b'{"type":"track","userId":"u"}'),
        ("not_an_object", b"7"),
    ]
    assert counted("rejected") == {"no_event_name": 1, "not_an_object": 1}


def test_a_batch_of_nothing_but_bad_items_is_refused(client: Client) -> None:
    response = client.post("/v1/batch", {"batch": [1, 2]})
    assert (response.status, response.json["success"]) == (400, False)
    assert len(refused()) == 2


def test_an_empty_batch_is_fine(client: Client) -> None:
    assert client.post("/v1/batch", {"batch": []}).status == 200
    assert facts() == []


def test_broken_json_is_kept_with_its_reason(client: Client) -> None:
    response = client.post("/v1/track", b'{"userId": ')
    assert (response.status, response.json["code"]) == (400, "not_json")
    assert response.json["message"] == "The body is not valid JSON."
    assert refused() == [("not_json", b'{"userId": ')]


def test_an_event_above_32_kb_is_refused(client: Client) -> None:
    response = client.post("/v1/track", track(properties={"x": "y" * MAX_EVENT_BYTES}))
    assert (response.status, response.json["code"]) == (413, "too_large")
    assert [reason for reason, _ in refused()] == ["too_large"]


def test_a_body_above_the_limit_is_turned_away(client: Client) -> None:
    response = client.post("/v1/batch", b"[" + b" " * 600_000, pieces=9)
    assert (response.status, response.json["code"]) == (413, "too_large")
    assert counted("rejected") == {"too_large": 1}


def test_a_decompression_bomb_is_turned_away(client: Client) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 9)
    assert len(bomb) < 250_000
    headers = {**client.basic, "Content-Encoding": "gzip"}
    assert client.post("/v1/batch", bomb, headers=headers).status == 413


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", b"{}"), ("br", b"{}"), ("gzip", gzip.compress(b"{}" * 99, mtime=0)[:-9])],
)
def test_a_body_that_cannot_be_unpacked_is_turned_away(
    client: Client, encoding: str, body: bytes
) -> None:
    response = client.post(
        "/v1/batch", body, headers={**client.basic, "Content-Encoding": encoding}
    )
    assert (response.status, response.json["code"]) == (415, "bad_encoding")


def test_more_events_than_the_spec_allows_are_refused(client: Client) -> None:
    batch = {"batch": [{}] * (MAX_BATCH_EVENTS + 1)}
    response = client.post("/v1/batch", batch)
    assert (response.status, response.json["code"]) == (413, "too_many")


def test_pages_of_any_site_may_send(client: Client) -> None:
    preflight = client.request("OPTIONS", "/v1/track", {"Origin": "https://shop.example"})
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    response = client.post(
        "/v1/track", track(), headers={**client.basic, "Origin": "https://shop.example"}
    )
    assert response.headers["access-control-allow-origin"] == "*"


def test_other_methods_and_paths_are_refused_in_json(client: Client) -> None:
    assert client.request("GET", "/v1/track").status == 405
    nowhere = client.post("/v1/nowhere", {})
    assert (nowhere.status, nowhere.json["code"]) == (404, "path")


def test_requests_at_once_share_commits_and_keep_their_order(client: Client) -> None:
    import asyncio

    from tests.tracking.client import call

    async def burst() -> list[int]:
        calls = (
            call(
                client.app,
                "POST",
                "/v1/track",
                json.dumps(track(messageId=str(i))).encode(),
                client.basic,
            )
            for i in range(700)
        )
        return [response.status for response in await asyncio.gather(*calls)]

    assert set(client.runner.run(burst())) == {200}
    assert [fact.message_id for fact in facts()] == [str(i) for i in range(700)]
