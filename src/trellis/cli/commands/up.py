"""up: everything in one command. demo: the same with a demo company, in a sandbox."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings

from trellis.cli import database, folder, listen, terminal
from trellis.cli.commands import Verbs, report
from trellis.cli.supervisor import Child, Supervisor, command
from trellis.core import tuning
from trellis.core.errors import TrellisError


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare up and demo."""
    up = verbs.add_parser("up", parents=[common], help="run everything: database, web, worker")
    _options(up)
    up.set_defaults(run=run_up)
    demo = verbs.add_parser(
        "demo", parents=[common], help="up, as a sandbox with a demo company inside"
    )
    _options(demo)
    demo.set_defaults(run=run_demo)


def _options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--web", type=int, default=1, metavar="N", help="web processes")
    verb.add_argument("--workers", type=int, default=1, metavar="N", help="worker processes")
    verb.add_argument(
        "--own-terminal",
        action="store_true",
        help="get Ctrl-C alone, and not with the program that runs this (make)",
    )


def run_up(args: argparse.Namespace) -> int:
    """Run until stopped."""
    return _run(args, demo=False)


def run_demo(args: argparse.Namespace) -> int:
    """Run the demo company until stopped, in a data folder of its own."""
    data = Path(os.environ.get("TRELLIS_DATA", "data"))
    os.environ["TRELLIS_DATA"] = str(data / "demo")
    os.environ["TRELLIS_SANDBOX"] = "true"
    return _run(args, demo=True)


def _run(args: argparse.Namespace, *, demo: bool) -> int:
    database.load_settings()
    supervisor = Supervisor(say=_say)
    own = terminal.owned() if args.own_terminal else nullcontext()
    with own, folder.locked(settings.TRELLIS_DATA):
        folder.check_room(settings.TRELLIS_DATA, settings.TRELLIS_MIN_FREE_MB)
        with listen.bind(settings.TRELLIS_HOST, settings.TRELLIS_PORT) as sock:
            try:
                _work(args, supervisor, sock, demo=demo)
            finally:
                if supervisor.asked:
                    _say("Stopping.")
                sock.close()
                supervisor.stop()
    return 0


def _work(
    args: argparse.Namespace, supervisor: Supervisor, sock: socket.socket, *, demo: bool
) -> None:
    supervisor.children = _children(args, supervisor, sock)
    supervisor.start_early()
    if settings.TRELLIS_EMBEDDED:
        supervisor.server = database.start_embedded()
        supervisor.restart_server = lambda: _restart(supervisor)
    outcome = _prepare(supervisor, demo=demo)
    if outcome is None:
        return
    supervisor.open_gate()
    supervisor.run(lambda: _announce(args, outcome))


def _restart(supervisor: Supervisor) -> None:
    assert supervisor.server is not None, "only an embedded server is restarted"
    supervisor.server.start(tuning.settings(), settings.TRELLIS_DATA / "logs" / "postgres.log")


def _prepare(supervisor: Supervisor, *, demo: bool) -> dict[str, Any] | None:
    """Migrate, make the first login, load the demo; None where a signal came meanwhile."""
    words = command("migrate", "--first-login", "--json", *(["--demo"] if demo else []))
    code, said = supervisor.once(words)
    if supervisor.asked:
        return None
    outcome: dict[str, Any] = json.loads(said.strip().splitlines()[-1]) if said.strip() else {}
    if code != 0:
        if "error" in outcome:
            raise TrellisError(outcome["error"], said=True)
        raise TrellisError("The database could not be prepared.")
    return outcome


def _children(
    args: argparse.Namespace, supervisor: Supervisor, sock: socket.socket
) -> list[Child]:
    fds = (sock.fileno(), supervisor.ready_fd, supervisor.gate_fd)
    ends = zip(("--fd", "--ready-fd", "--gate-fd"), map(str, fds), strict=True)
    web = command("web", *(word for end in ends for word in end))
    return [
        *(Child("web", web, fds=fds, early=True) for _ in range(args.web)),
        *(
            Child("worker", command("worker", "--only", "pipeline"))
            for _ in range(args.workers)
        ),
        Child("jobs", command("worker", "--only", "jobs")),
    ]


def _announce(args: argparse.Namespace, outcome: dict[str, Any]) -> None:
    login = outcome.get("login")
    lines = [f"Trellis runs at {settings.TRELLIS_URL}"]
    if login:
        lines.append(f"Log in as {login['email']} with the password {login['password']}")
    if login and not login.get("demo"):
        lines.append("This password is shown only now; keep it.")
    if settings.TRELLIS_SANDBOX:
        lines.append("This is a sandbox: messages go to the trap, and the clock can be moved.")
    lines.append("Stop with Ctrl-C.")
    report(args, {"url": settings.TRELLIS_URL, **outcome}, *lines)


def _say(text: str) -> None:
    print(f"trellis: {text}", file=sys.stderr, flush=True)
