"""What the doctor looks at: each check says what it found, and how to mend what is wrong."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings

from trellis.cli import database
from trellis.core import clock, db, machine, postgres, schema
from trellis.core.errors import TrellisError
from trellis.core.machine import MB
from trellis.tracking import spool

PATIENCE = 10.0
"""Seconds to wait for a web process that is busy; one that is away refuses at once."""
LAG = 60.0
"""Seconds of lag above which the pipeline counts as behind."""
SKEW = 5.0
"""Seconds by which the clocks of machine and database may differ."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``mend`` says what to do; empty where all is well."""

    check: str
    state: Literal["ok", "warn", "fail"]
    found: str
    mend: str = ""


Check = Callable[[], Iterator[Finding]]


def data_folder() -> Iterator[Finding]:
    """Room on the disk, and clusters nobody points to."""
    data = settings.TRELLIS_DATA
    free = machine.free_space(data) // MB
    low = free < max(settings.TRELLIS_MIN_FREE_MB, 1024)
    yield Finding(
        check="disk",
        state="fail" if free < settings.TRELLIS_MIN_FREE_MB else "warn" if low else "ok",
        found=f"{free:,} MB free for {data}",
        mend="Free some space, or move the data folder." if low else "",
    )
    for place in postgres.orphans():
        yield Finding(
            check="orphan",
            state="warn",
            found=f"{place} holds a database that no data folder points to",
            mend=f"Remove {place} if you removed its data folder on purpose.",
        )


def spooled() -> Iterator[Finding]:
    """Events that were taken in while the database was away."""
    folder = settings.TRELLIS_DATA / "spool"
    aside = len(list(folder.glob(f"*{spool.BROKEN}")))
    size = spool.weight(folder)
    if aside:
        mend = f"Keep the files *{spool.BROKEN} in {folder} and report this: it is a fault."
    else:
        mend = "They enter by themselves once a web process reaches the database."
    yield Finding(
        check="spool",
        state="fail" if aside else "warn" if size else "ok",
        found=f"{size:,} bytes of events wait on disk",
        mend=mend if size else "",
    )


def database_answers() -> Iterator[Finding]:
    """Reachable, new enough, level."""
    try:
        database.probe()
    except TrellisError as error:
        yield Finding(
            check="database",
            state="fail",
            found=error.message,
            mend="Start it (trellis up), or correct DATABASE_URL.",
        )
        return
    version = db.fetch("SHOW server_version")[0][0]
    yield Finding(check="database", state="ok", found=f"PostgreSQL {version}")
    found = schema.state()
    if found.unknown:
        mend = "Start the newer Trellis, or restore a backup of this one."
        text = f"it is of a newer Trellis ({found.unknown[-1]})"
    elif found.missing:
        mend, text = "Run trellis migrate.", f"{len(found.missing)} migrations are missing"
    else:
        mend, text = "", "level with this code"
    yield Finding(check="schema", state="fail" if mend else "ok", found=text, mend=mend)


def clocks() -> Iterator[Finding]:
    """The machine's clock against the database's."""
    theirs = db.fetch("SELECT extract(epoch FROM clock_timestamp())")[0][0]
    skew = abs(clock.wall().timestamp() - float(theirs))
    yield Finding(
        check="clock",
        state="ok" if skew < SKEW else "warn",
        found=f"machine and database differ by {skew:.1f} s",
        mend="" if skew < SKEW else "Synchronise the clocks (NTP) of both machines.",
    )


def workers() -> Iterator[Finding]:
    """Somebody moves facts and jobs, and keeps up."""
    from trellis.pipeline import gauges

    found = gauges.read()
    for kind, what in (("worker", "facts, timers and messages"), ("jobs", "background jobs")):
        alive = [worker for worker in found.workers if worker.kind == kind and worker.alive]
        yield Finding(
            check=kind,
            state="ok" if alive else "warn",
            found=f"{len(alive)} processes move {what}",
            mend="" if alive else "Start trellis up, or trellis worker.",
        )
    behind = found.lag > LAG
    yield Finding(
        check="lag",
        state="warn" if behind else "ok",
        found=f"{found.waiting:,} facts wait, the oldest for {found.lag:.0f} s",
        mend="Look at the worker's log; add workers if it is only busy." if behind else "",
    )


def sending() -> Iterator[Finding]:
    """Mail can leave, and is allowed to."""
    from trellis.messaging import alarms

    for alarm in alarms.alarms():
        yield Finding(
            check="sending",
            state="warn",
            found=f"{alarm.channel}: {alarm.detail or alarm.reason}",
            mend="Run trellis sending resume."
            if alarm.paused
            else "See the mail server's log.",
        )
    if settings.TRELLIS_SANDBOX:
        yield Finding(check="mail", state="ok", found="a sandbox: mail goes to the trap")
        return
    if not settings.TRELLIS_SMTP_URL:
        yield Finding(
            check="mail",
            state="warn",
            found="no mail server is set",
            mend="Set TRELLIS_SMTP_URL, for example smtp+starttls://user:pass@host:587.",
        )
        return
    yield _mail_server()


def broken() -> Iterator[Finding]:
    """Rules that no longer compile freeze what depends on them."""
    for table, noun in (("signal", "signal"), ("segment", "segment")):
        rows = db.fetch(f"SELECT name, why FROM {table} WHERE status = 'broken'")
        for name, why in rows:
            yield Finding(
                check="rules",
                state="fail",
                found=f"the {noun} {name} is broken: {why}",
                mend=f"Open the {noun} and correct its rule.",
            )


def web_port() -> Iterator[Finding]:
    """Something answers on the web process' port, and it is Trellis."""
    host, port = settings.TRELLIS_HOST, settings.TRELLIS_PORT
    try:
        with socket.create_connection((host, port), timeout=PATIENCE) as sock:
            sock.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            said = sock.recv(64)
    except OSError:
        yield Finding(
            check="web",
            state="warn",
            found=f"nothing answers on {host} port {port}",
            mend="Start trellis up, or trellis web.",
        )
        return
    ours = b" 200 " in said
    yield Finding(
        check="web",
        state="ok" if ours else "fail",
        found=f"{host} port {port} answers" + ("" if ours else ", but not as Trellis does"),
        mend="" if ours else "Stop what uses the port, or set TRELLIS_PORT.",
    )


BEFORE: tuple[Check, ...] = (data_folder, spooled, web_port, database_answers)
"""Checks that need no database."""
AFTER: tuple[Check, ...] = (clocks, workers, sending, broken)
"""Checks that read it, where it is level."""


def examine() -> list[Finding]:
    """Run all checks; those that need the database only where it is usable."""
    found = [finding for check in BEFORE for finding in check()]
    usable = {finding.check for finding in found if finding.state == "ok"}
    if {"database", "schema"} <= usable:
        found += [finding for check in AFTER for finding in check()]
    return found


def _mail_server() -> Finding:
    parts = urlsplit(settings.TRELLIS_SMTP_URL)
    host = parts.hostname or "localhost"
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(
            host, parts.port or (465 if parts.scheme == "smtps" else 25), timeout=5
        ) as it:
            it.noop()
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            check="mail",
            state="fail",
            found=f"the mail server {host} does not answer: {error}",
            mend="Correct TRELLIS_SMTP_URL, or let this machine reach it.",
        )
    return Finding(check="mail", state="ok", found=f"the mail server {host} answers")
