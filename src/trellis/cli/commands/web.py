"""web: one process that answers HTTP."""

from __future__ import annotations

import argparse
import os
import socket
from importlib import import_module

import uvicorn
from django.conf import settings
from django.urls import get_resolver
from typing_extensions import override

from trellis.cli import database, listen
from trellis.cli.commands import Verbs
from trellis.core import schema
from trellis.core.errors import Unavailable


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare web."""
    verb = verbs.add_parser("web", parents=[common], help="run a web process alone")
    verb.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    verb.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    verb.add_argument("--gate-fd", type=int, help=argparse.SUPPRESS)
    verb.set_defaults(run=run)


class _Server(uvicorn.Server):
    """Says on a pipe when it answers."""

    def __init__(self, config: uvicorn.Config, ready_fd: int | None) -> None:
        super().__init__(config)
        self._ready_fd = ready_fd

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self._ready_fd is not None and self.started:
            os.write(self._ready_fd, b".")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; requests under way are finished."""
    database.setup(pool=True)
    if args.fd is None:
        database.probe()
        require_level_schema()
        sock = listen.bind(settings.TRELLIS_HOST, settings.TRELLIS_PORT)
    else:
        sock = socket.socket(fileno=args.fd)
    if args.gate_fd is not None:
        _wait_at_gate(args.gate_fd)
    config = uvicorn.Config(
        "trellis.config.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.TRELLIS_PROXIES,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config, args.ready_fd)
    server.run(sockets=[sock])
    return 0 if server.started else 1


def _wait_at_gate(gate_fd: int) -> None:
    """Read the code of every page, then wait until the supervisor has the database ready."""
    import_module("trellis.config.asgi")
    _ = get_resolver().url_patterns
    while os.read(gate_fd, 1):
        pass
    os.close(gate_fd)


def require_level_schema() -> None:
    """Refuse a database that is behind or ahead of this code."""
    found = schema.state()
    if found.unknown:
        raise Unavailable(newer(found))
    if found.missing:
        raise Unavailable(
            f"The database lacks {len(found.missing)} migrations: run trellis migrate."
        )


def newer(found: schema.State) -> str:
    """The sentence for a database made by a newer Trellis."""
    return (
        f"The database is of a newer Trellis (it knows {found.unknown[-1]}): start that"
        " version, or restore a backup of this one. Nothing was changed."
    )
