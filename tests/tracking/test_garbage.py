"""Thousands of generated requests: no 500, and every item is accepted or counted refused."""

from __future__ import annotations

import asyncio
import gzip
import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.client import Client, call, counted
from trellis.events.models import Inbox
from trellis.tracking.types import MAX_BATCH_BYTES, Reason

REQUESTS = 7_200
"""How many requests are sent in all."""
OFFSPRING = 20
"""Requests that are bred from each generated handful of items: generating is dear."""

KEYS = st.sampled_from(
    [
        "type",
        "event",
        "userId",
        "anonymousId",
        "previousId",
        "groupId",
        "messageId",
        "timestamp",
        "originalTimestamp",
        "sentAt",
        "traits",
        "properties",
        "context",
        "name",
        "category",
        "writeKey",
        "batch",
        "integrations",
    ]
)
NASTY = st.sampled_from(
    [
        "\x00",
        "\ud800",
        "a\udfffb",
        "null",
        "0",
        "[object Object]",
        "2026-13-45",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59Z",
        "1e999",
        "-1",
        "ann@x.org",
        "+34612345678",
        "🥐" * 300,
        "x" * 40_000,
        "https://[broken",
        "?utm_source=" + "%" * 50,
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=30)
    | NASTY
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "page": VALUES,
        "campaign": VALUES,
        "library": VALUES,
        "traits": VALUES,
        "consent": VALUES,
        "externalIds": st.lists(
            st.fixed_dictionaries({}, optional={"type": VALUES, "id": VALUES}), max_size=3
        ),
        "userAgent": VALUES,
        "locale": VALUES,
        "timezone": VALUES,
        "os": VALUES,
    },
)
LIKELY = st.fixed_dictionaries(
    {
        "userId": st.text(min_size=1, max_size=9) | LEAVES,
        "event": st.text(max_size=20) | LEAVES,
    },
    optional={
        "type": st.sampled_from(["identify", "track", "page", "screen", "group", "alias", "x"]),
        "traits": st.dictionaries(
            st.sampled_from(["email", "phone", "name", "address", "company", "a\x00"])
            | st.text(max_size=5),
            VALUES,
            max_size=4,
        ),
        "properties": st.dictionaries(st.text(max_size=8), VALUES, max_size=4),
        "context": CONTEXT,
        "timestamp": LEAVES,
        "sentAt": LEAVES,
        "messageId": LEAVES,
        "groupId": LEAVES,
        "previousId": LEAVES,
    },
)
ITEMS = st.one_of(LIKELY, LIKELY, VALUES)
PATHS = ("track", "identify", "page", "screen", "group", "alias")


def encode(value: Any) -> bytes:
    """JSON as careless clients write it, with NaN and lone surrogates."""
    return json.dumps(value).encode()


def single(item: Any) -> Any:
    """An item that is no batch by chance, which would count as many."""
    return {k: v for k, v in item.items() if k != "batch"} if isinstance(item, dict) else item


def outcomes() -> tuple[int, int]:
    """How many items were accepted and how many were refused until now."""
    return sum(counted("accepted").values()), sum(counted("rejected").values())


def in_the_inbox() -> int:
    """Facts in the inbox."""
    return sum(Inbox.objects.values_list("n", flat=True))


GENERATED = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
    database=None,
)


def check(client: Client, statuses: list[int], items: int) -> None:
    """No failure, and the books agree."""
    assert not [status for status in statuses if status >= 500]
    accepted, rejected = outcomes()
    assert accepted + rejected == items
    assert in_the_inbox() == accepted
    assert Reason.INTERNAL.value not in counted("rejected")


def breed(items: list[Any], chance: Random) -> list[Any]:
    """Items made of parts of ``items``, and those themselves."""
    found = list(items)
    while len(found) < OFFSPRING:
        one, other = chance.choice(items), chance.choice(items)
        if isinstance(one, dict) and isinstance(other, dict):
            mixed = {**one, **other}
            found.append({key: mixed[key] for key in mixed if chance.random() < 0.8})
        else:
            found.append({"userId": "u", "event": "e", "properties": {"a": one, "b": other}})
    return found


def send_all(client: Client, requests: list[tuple[str, bytes, bool]]) -> list[int]:
    """Send (path, body, packed) at once; the status codes."""

    async def burst() -> list[int]:
        calls = []
        for path, body, packed in requests:
            headers = dict(client.basic)
            if packed:
                headers["Content-Encoding"] = "gzip"
            calls.append(call(client.app, "POST", path, body, headers, pieces=2))
        return [response.status for response in await asyncio.gather(*calls)]

    return client.runner.run(burst())


HANDFUL = st.lists(ITEMS, min_size=3, max_size=5)
SEEDS = st.integers(0, 2**32).map(Random)


@pytest.mark.slow
def test_any_single_call_is_accepted_or_refused(client: Client) -> None:
    statuses: list[int] = []

    @settings(GENERATED, max_examples=REQUESTS * 6 // 10 // OFFSPRING)
    @given(items=HANDFUL, chance=SEEDS)
    def send(items: list[Any], chance: Random) -> None:
        requests = [
            (f"/v1/{chance.choice(PATHS)}", encode(item), False)
            for item in breed(items, chance)
        ]
        statuses.extend(send_all(client, requests))

    send()
    assert len(statuses) >= REQUESTS * 6 // 10
    check(client, statuses, len(statuses))
    assert {200, 400} <= set(statuses)


@pytest.mark.slow
def test_any_bytes_are_accepted_or_refused(client: Client) -> None:
    statuses: list[int] = []

    def damage(body: bytes, chance: Random) -> tuple[str, bytes, bool]:
        cut = chance.randrange(len(body) + 1)
        broken = body[:cut] + chance.randbytes(chance.randrange(3)) + body[cut + 1 :]
        path, packed = f"/v1/{chance.choice((*PATHS, 'batch'))}", chance.random() < 0.5
        return path, gzip.compress(broken) if packed else broken, packed

    @settings(GENERATED, max_examples=REQUESTS * 3 // 10 // OFFSPRING)
    @given(items=HANDFUL, chance=SEEDS)
    def send(items: list[Any], chance: Random) -> None:
        bodies = [encode(single(item)) for item in breed(items, chance)]
        statuses.extend(send_all(client, [damage(body, chance) for body in bodies]))

    send()
    check(client, statuses, len(statuses))


@pytest.mark.slow
def test_each_item_of_any_batch_is_accepted_or_refused(client: Client) -> None:
    statuses: list[int] = []
    total = [0]

    @settings(GENERATED, max_examples=REQUESTS // 10 // 8)
    @given(items=HANDFUL, chance=SEEDS, sent=LEAVES, context=VALUES)
    def send(items: list[Any], chance: Random, sent: Any, context: Any) -> None:
        requests = []
        for _ in range(8):
            batch = chance.choices(breed(items, chance), k=chance.randrange(1, 12))
            body = encode({"batch": batch, "sentAt": sent, "context": context})
            # A body too large to be read counts as one; test_collect has it.
            if len(body) > MAX_BATCH_BYTES:
                continue
            total[0] += len(batch)
            requests.append(("/v1/batch", body, False))
        statuses.extend(send_all(client, requests))

    send()
    check(client, statuses, total[0])
