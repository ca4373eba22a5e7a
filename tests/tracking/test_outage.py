"""The database goes away and comes back: nothing acknowledged is lost, and none twice."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.tracking.client import Client, call, counted, facts, refused
from tests.tracking.conftest import TOKEN
from trellis.tracking.spool import Spool, waiting
from trellis.web.public import committer, keys
from trellis.web.public.collector import Collector

Switch = Callable[[bool], None]


async def _away() -> None:
    raise psycopg.OperationalError("the database is away")


@pytest.fixture
def database(client: Client, monkeypatch: pytest.MonkeyPatch) -> Switch:
    """Switches the database off and on, as the collector sees it."""
    monkeypatch.setattr(committer, "RETRY_SECONDS", 0.02)
    real = committer.connect

    def switch(on: bool) -> None:
        monkeypatch.setattr(committer, "connect", real if on else _away)
        monkeypatch.setattr(keys, "connect", real if on else _away)
        if not on:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE application_name = 'trellis-collector'"
                    " AND datname = current_database()"
                )

    return switch


def send(client: Client, *names: str) -> list[int]:
    """Track calls one after the other; their status codes."""
    items = [{"userId": "u", "event": "X", "messageId": name} for name in names]
    return [client.post("/v1/track", item).status for item in items]


def settle(client: Client, folder: Path) -> None:
    """Let the collector work until nothing is spooled."""

    async def wait() -> None:
        async with asyncio.timeout(20):
            while waiting(folder):
                await asyncio.sleep(0.01)

    client.runner.run(wait())


def test_events_are_accepted_while_the_database_is_away(
    client: Client, database: Switch, tmp_path: Path
) -> None:
    assert send(client, "a") == [200]
    database(False)
    assert send(client, "b", "c") == [200, 200]
    assert client.post("/v1/track", {"userId": "u"}).status == 400
    assert [fact.message_id for fact in facts()] == ["a"]
    assert len(waiting(tmp_path / "spool")) == 1
    database(True)
    settle(client, tmp_path / "spool")
    assert send(client, "d") == [200]
    assert [fact.message_id for fact in facts()] == ["a", "b", "c", "d"]
    assert refused() == [("no_event_name", b'{"userId":"u"}')]
    assert counted("accepted") == {"api": 4}
    assert counted("rejected") == {"no_event_name": 1}


def test_a_collector_killed_with_a_full_spool_is_followed_by_one_that_drains_it(
    client: Client, database: Switch, tmp_path: Path
) -> None:
    left = Spool(tmp_path / "spool")
    database(False)
    assert send(client, "a", "b") == [200, 200]
    client.runner.run(client.app.close())
    left.close()
    assert facts() == []
    database(True)
    follower = Client(Collector(tmp_path / "spool"), client.runner, TOKEN)
    client.runner.run(follower.app.open())
    assert send(follower, "c") == [200]
    settle(follower, tmp_path / "spool")
    client.runner.run(follower.app.close())
    assert [fact.message_id for fact in facts()] == ["a", "b", "c"]


def test_a_start_without_database_knows_the_keys_of_last_time(
    client: Client, database: Switch, tmp_path: Path
) -> None:
    client.runner.run(client.app.close())
    database(False)
    follower = Client(Collector(tmp_path / "spool"), client.runner, TOKEN)
    client.runner.run(follower.app.open())
    assert send(follower, "a") == [200]
    client.runner.run(follower.app.close())
    assert len(waiting(tmp_path / "spool")) == 1


def test_without_database_and_disk_nothing_is_acknowledged(
    client: Client, database: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Spool, groups: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Spool, "append", full)
    database(False)
    response = client.post("/v1/track", {"userId": "u", "event": "X"})
    assert (response.status, response.headers["retry-after"]) == (503, "2")


def test_more_than_can_wait_is_sent_away_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "MAX_WAITING", 2_000)
    body = b'{"userId":"u","event":"X","properties":{"x":"' + b"y" * 300 + b'"}}'

    async def burst() -> list[int]:
        calls = (call(client.app, "POST", "/v1/track", body, client.basic) for _ in range(50))
        return [response.status for response in await asyncio.gather(*calls)]

    statuses = client.runner.run(burst())
    assert set(statuses) == {200, 503}
    assert len(facts()) == statuses.count(200)


def test_closing_makes_durable_what_was_begun(client: Client) -> None:
    async def close_at_once() -> int:
        body = b'{"userId":"u","event":"X"}'
        request = asyncio.create_task(call(client.app, "POST", "/v1/track", body, client.basic))
        await asyncio.sleep(0)
        await client.app.close()
        return (await request).status

    assert client.runner.run(close_at_once()) == 200
    assert len(facts()) == 1
