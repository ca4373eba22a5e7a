"""trellis up: one command, one instance, processes that come back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import ROOT, Instance, folder, forget, wait_for

ROLES = {"up", "web", "worker", "jobs", "postgres"}
CTRL_C = b"\x03"


def test_the_first_start_makes_a_login_and_tells_it_once(fresh: Instance) -> None:
    fresh.up()
    assert fresh.said().count("Log in as admin@localhost with the password ") == 1
    assert fresh.ready()
    fresh.stop()
    fresh.up()
    assert fresh.said().count("Log in as") == 1


def test_a_signal_stops_every_process(instance: Instance) -> None:
    instance.up()
    assert set(instance.processes()) >= ROLES
    assert instance.stop(signal.SIGTERM) == 0
    assert instance.processes() == {}


def test_a_signal_to_the_whole_group_stops_in_order(instance: Instance) -> None:
    instance.up()
    assert instance.running is not None
    os.killpg(instance.running.pid, signal.SIGINT)
    assert instance.running.wait(60) == 0
    assert "ended (" not in instance.said()
    log = (instance.data / "logs" / "postgres.log").read_text()
    assert "database system is shut down" in log


def test_a_second_instance_on_the_folder_is_refused(running: Instance) -> None:
    second = Instance(running.data)
    done = second.run("up")
    assert done.returncode == 1
    assert f"Trellis already runs on {running.data} (process " in done.stderr
    assert "TRELLIS_DATA" in done.stderr
    assert running.ready()


def test_a_busy_port_is_refused_before_anything_starts(fresh: Instance) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh.port))
        other.listen()
        done = fresh.run("up")
    assert done.returncode == 1
    assert f"Port {fresh.port} of 127.0.0.1 is in use" in done.stderr
    assert f"TRELLIS_PORT={fresh.port + 1}" in done.stderr
    assert not (fresh.data / "postgres").exists()


def test_a_disk_about_to_be_full_is_refused_before_anything_starts(fresh: Instance) -> None:
    done = fresh.run("up", TRELLIS_MIN_FREE_MB="999999999")
    assert done.returncode == 1
    assert "free some space" in done.stderr
    assert not (fresh.data / "postgres").exists()


def test_a_database_of_a_newer_trellis_is_refused_and_left_alone(instance: Instance) -> None:
    instance.up()
    with instance.database() as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('core', '9999_future', now())"
        )
    instance.stop()
    done = instance.run("up")
    assert done.returncode == 1
    assert done.stderr.count("newer Trellis (it knows core.9999_future)") == 1
    assert instance.processes() == {}
    assert instance.run("migrate").returncode == 1


def test_a_cluster_of_another_postgresql_is_refused_and_left_alone(instance: Instance) -> None:
    version = instance.data / "postgres" / "cluster" / "PG_VERSION"
    before = version.read_text()
    version.write_text("99\n")
    done = instance.run("up")
    assert done.returncode == 1
    assert "made by the newer PostgreSQL 99" in done.stderr
    assert "trellis backup" in done.stderr
    version.write_text(before)
    instance.up()
    assert instance.ready()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TRELLIS_PORT", "eighty", "TRELLIS_PORT must be a whole number"),
        ("TRELLIS_TIME_ZONE", "Mars/Olympus", "TRELLIS_TIME_ZONE must be an IANA time zone"),
        ("TRELLIS_LOG_LEVEL", "loud", "TRELLIS_LOG_LEVEL must be one of debug"),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", "DATABASE_URL cannot be used"),
    ],
)
def test_a_bad_setting_is_said_in_a_sentence(
    fresh: Instance, name: str, value: str, sentence: str
) -> None:
    done = fresh.run("up", **{name: value})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("role", ["web", "worker", "jobs", "postgres"])
def test_a_killed_process_comes_back(running: Instance, role: str) -> None:
    killed = running.pid(role)
    os.kill(killed, signal.SIGKILL)
    wait_for(f"another {role}", lambda: running.processes().get(role, [killed]) != [killed])
    wait_for("readiness", running.ready)


def test_connections_wait_while_the_web_process_comes_back(running: Instance) -> None:
    os.kill(running.pid("web"), signal.SIGKILL)
    assert running.get("/healthz") in [(200, "ok\n"), (0, "")]
    wait_for("health", lambda: running.get("/healthz")[0] == 200)


def test_no_process_outlives_a_killed_supervisor(instance: Instance) -> None:
    instance.up()
    os.kill(instance.pid("up"), signal.SIGKILL)
    wait_for("the end of every process", lambda: not instance.processes())
    instance.up()
    assert instance.ready()


def test_it_starts_again_at_once_after_everything_was_killed(instance: Instance) -> None:
    instance.up()
    for pids in instance.processes().values():
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # it ended with the one it belongs to
                os.kill(pid, signal.SIGKILL)
    assert instance.running is not None
    instance.running.wait(60)
    instance.up()
    assert instance.ready()


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(instance: Instance) -> None:
    file = instance.data / "postgres" / "cluster" / "postmaster.pid"
    file.write_text(f"{os.getpid()}\n{file.parent}\n0\n5432\n\n\n\n")
    instance.up()
    assert instance.ready()


def test_a_folder_with_a_long_path_works() -> None:
    with folder() as root:
        one = Instance(root / ("long-" * 20) / "data")
        one.data.parent.mkdir(parents=True)
        try:
            one.up()
            assert one.ready()
        finally:
            one.end()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps folders from its system user")
def test_root_may_keep_the_folder_where_nobody_else_can_go(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    one = Instance(tmp_path / "data")
    try:
        one.up()
        assert one.ready()
        place = Path((one.data / "postgres.place").read_text().strip())
        assert (place / "belongs-to").read_text().strip() == str(one.data)
    finally:
        one.end()
        forget(one.data)


def test_the_database_lets_only_its_owner_in(running: Instance) -> None:
    run = running.data / "postgres" / "run"
    assert run.stat().st_mode & 0o077 == 0
    with running.database() as database:
        shown = database.execute("SHOW listen_addresses").fetchone()
    assert shown == ("",)


@contextlib.contextmanager
def _make_in_a_terminal(one: Instance) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`make up` in the front of a terminal, and the end where its keys are typed."""
    keys, terminal = os.openpty()
    with one.log.open("w") as output:
        make = subprocess.Popen(
            ["make", "--no-print-directory", "-o", "setup", "up", f"PY={sys.executable}"],
            env=one.env,
            cwd=ROOT,
            stdin=terminal,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
    os.close(terminal)
    try:
        yield make, keys
    finally:
        os.close(keys)  # whoever stands before a terminal that is closed gets SIGHUP
        make.wait(60)


def test_ctrl_c_ends_make_with_success(instance: Instance) -> None:
    with _make_in_a_terminal(instance) as (make, keys):
        wait_for("the address", lambda: "Trellis runs at" in instance.said())
        os.write(keys, CTRL_C)
        assert make.wait(60) == 0
    assert instance.processes() == {}
    assert "Stopping." in instance.said()


def test_ctrl_c_ends_make_with_success_while_the_first_start_prepares(fresh: Instance) -> None:
    with _make_in_a_terminal(fresh) as (make, keys):
        wait_for("PostgreSQL", lambda: fresh.processes().get("postgres"))
        os.write(keys, CTRL_C)
        assert make.wait(60) == 0
    assert fresh.processes() == {}
    assert "Trellis runs at" not in fresh.said()
