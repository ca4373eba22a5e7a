"""Killing processes at random instants under load loses nothing and repeats nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.process import ROOT, Instance, folder, wait_for
from tests.crash.company import CAP, EVENT, KEEN, POINTS
from tests.crash.load import PEOPLE, Client
from tests.crash.sink import Sink
from trellis.core.ids import event_id_of

KILLS = 56
SEED = 20_261_123
VICTIMS = ("worker", "worker", "worker", "web", "web", "postgres", "backend")
"""Who is killed, drawn by chance; backend is one session of PostgreSQL."""
LONGEST = 2.2
"""Seconds between two kills at most."""

pytestmark = [pytest.mark.crash, pytest.mark.slow]


@dataclass
class Aftermath:
    """What is left when the killing is over and everything has come to rest."""

    database: Any
    acknowledged: list[str]
    seen: Counter[int]
    mail: Counter[str]
    killed: Counter[str]

    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(self.database.execute(sql, values).fetchall())

    def one(self, sql: str, *values: Any) -> Any:
        return self.all(sql, *values)[0][0]


@pytest.fixture(scope="module")
def after() -> Iterator[Aftermath]:
    """An instance that was put under load while its processes were killed."""
    with folder() as root, Sink() as sink:
        instance = Instance(root / "data")
        instance.more = {"TRELLIS_SMTP_URL": sink.url, "TRELLIS_CONSENT": "implied"}
        token = _prepare(instance)
        try:
            instance.up()
            clients = [Client(f"client-{i}", instance.port, token) for i in range(2)]
            for client in clients:
                client.start()
            killed = _kill(instance)
            for client in clients:
                client.finish()
            for client in clients:
                client.join(90)
                assert not client.is_alive(), client.last
                assert client.refused == []
            assert sum(client.repeated for client in clients) > 0
            acknowledged = [one for client in clients for one in client.acknowledged]
            _settle(instance)
            with instance.database() as database:
                seen = sum((client.seen for client in clients), Counter[int]())
                yield Aftermath(database, acknowledged, seen, sink.accepted, killed)
        finally:
            instance.end()


def _prepare(instance: Instance) -> str:
    assert instance.run("migrate").returncode == 0
    env = {**instance.env, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.crash.company"],
        env=env,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def _kill(instance: Instance) -> Counter[str]:
    rng, pause, killed = random.Random(SEED), threading.Event(), Counter[str]()
    while killed.total() < KILLS:
        pause.wait(rng.uniform(0.05, LONGEST))
        victim = rng.choice(VICTIMS)
        pids = wait_for(f"a {victim}", lambda v=victim: instance.processes().get(v))
        try:
            os.kill(rng.choice(sorted(pids)), signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed[victim] += 1
    return killed


def _settle(instance: Instance) -> None:
    """Until nothing is left to do; leases of the dead are made to run out at once."""
    wait_for("readiness", instance.ready)
    with instance.database() as database:

        def quiet() -> bool:
            database.execute(
                "UPDATE message SET lease_until = now() - interval '1 second'"
                " WHERE state = 'sending' AND lease_until < now() + interval '5 minutes'"
            )
            row = database.execute(
                "SELECT (SELECT count(*) FROM inbox) +"
                " (SELECT count(*) FROM message WHERE state IN ('queued', 'sending')) +"
                " (SELECT count(*) FROM enrolment WHERE state = 'active')"
            ).fetchone()
            return row is not None and row[0] == 0 and not _spooled(instance)

        wait_for("rest", quiet, 240)


def _spooled(instance: Instance) -> int:
    spool = instance.data / "spool"
    return sum(file.stat().st_size for file in spool.rglob("*.spool")) if spool.exists() else 0


def test_enough_was_killed_of_everything(after: Aftermath) -> None:
    assert after.killed.total() >= 50
    assert set(after.killed) == set(VICTIMS)
    assert len(after.acknowledged) > 2_000


def test_every_acknowledged_event_is_in_the_log_exactly_once(after: Aftermath) -> None:
    logged = Counter(
        {row[0]: row[1] for row in after.all("SELECT event_id, count(*) FROM event GROUP BY 1")}
    )
    wanted = [event_id_of(message_id) for message_id in after.acknowledged]
    assert [event_id for event_id in wanted if logged[event_id] != 1] == []


def test_nothing_else_of_the_clients_is_in_the_log(after: Aftermath) -> None:
    names = "SELECT id FROM event_name WHERE type = 'track' AND name = %s"
    count = after.one(f"SELECT count(*) FROM event WHERE name_id IN ({names})", EVENT)
    assert count == after.seen.total()


def test_the_daily_counts_equal_the_log(after: Aftermath) -> None:
    counted = after.all("SELECT contact_id, day, n FROM signal_daily ORDER BY 1, 2")
    logged = after.all(
        "SELECT e.contact_id, (e.at AT TIME ZONE 'UTC')::date, count(*)::int FROM event e"
        " JOIN event_name n ON n.id = e.name_id WHERE n.type = 'track' AND n.name = %s"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        EVENT,
    )
    assert counted == logged


def test_scores_and_segments_equal_a_recomputation(after: Aftermath) -> None:
    rows = after.all(
        "SELECT i.value, s.engagement, EXISTS (SELECT 1 FROM membership m"
        " JOIN segment g ON g.id = m.segment_id AND g.key = 'keen'"
        " WHERE m.contact_id = i.contact_id)"
        " FROM identity i JOIN standing s ON s.contact_id = i.contact_id"
        " WHERE i.kind = 'user_id' ORDER BY 1"
    )
    assert len(rows) == PEOPLE
    wanted = []
    for person in range(PEOPLE):
        n = after.seen[person]
        wanted.append((f"u{person}", min(CAP, n * POINTS), n >= KEEN))
    assert rows == sorted(wanted)


def test_everybody_entered_the_segment_once(after: Aftermath) -> None:
    entered = after.all(
        "SELECT e.contact_id, count(*) FROM event e JOIN event_name n ON n.id = e.name_id"
        " WHERE n.name = 'Segment Entered' GROUP BY 1"
    )
    members = after.one("SELECT count(*) FROM membership")
    assert {count for _, count in entered} == {1}
    assert len(entered) == members


def test_no_message_was_sent_twice(after: Aftermath) -> None:
    assert after.mail.total() > 100
    assert [one for one, times in after.mail.items() if times > 1] == []


def test_what_stands_as_sent_arrived_and_the_rest_is_known_to_be_unknown(
    after: Aftermath,
) -> None:
    states = dict(after.all("SELECT state, count(*)::int FROM message GROUP BY 1"))
    assert set(states) <= {"sent", "unknown"}
    arrived = after.mail.total()
    assert states["sent"] <= arrived <= states["sent"] + states.get("unknown", 0)


def test_every_run_ended_with_one_message(after: Aftermath) -> None:
    runs = after.one("SELECT count(*) FROM enrolment WHERE state = 'done'")
    assert runs == after.one("SELECT count(*) FROM enrolment")
    assert runs == after.one("SELECT count(*) FROM message")
    assert after.one("SELECT count(DISTINCT (contact_id, cause)) FROM message") == runs


def test_the_counters_add_up(after: Aftermath) -> None:
    counted = dict(
        after.all("SELECT name || ':' || reason, sum(n)::int FROM core_counter GROUP BY 1")
    )
    accepted = sum(n for name, n in counted.items() if name.startswith("accepted:"))
    logged = counted["logged:track"] + counted["logged:identify"]
    assert accepted == logged + counted.get("duplicate:", 0)
    assert counted["message.sent:"] == after.one(
        "SELECT count(*) FROM message WHERE state = 'sent'"
    )
