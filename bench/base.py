"""What a benchmark is: a figure, and beside it the limit measured in the same run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Result:
    """One figure. ``limit`` is what the same machine did in the same run with plain means
    (hand-written SQL, a bare server), in the same unit; ``ratio`` = figure / limit, the
    share of the possible (for times: limit / figure). ``contacts`` and ``events`` say how
    much data the figure stands on."""

    name: str
    figure: float
    unit: str
    limit: float
    ratio: float
    contacts: int = 0
    events: int = 0

    def line(self) -> str:
        """The result as one line of a table."""
        return (
            f"{self.name:<34} {self.figure:>12,.1f} {self.unit:<10}"
            f" limit {self.limit:>12,.1f}  ratio {self.ratio:5.2f}"
            f"  contacts {self.contacts:,}  events {self.events:,}"
        )

    def data(self) -> dict[str, object]:
        """The result for ``--json``."""
        return asdict(self)


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def instance() -> Iterator[Path]:
    """A migrated Trellis on a throw-away, durable PostgreSQL; yields its folder.

    Sets the environment for this process and its children, and sets Django up. Only one
    can be open in a process, before anything imports the settings.
    """
    from trellis.core import tuning
    from trellis.core.postgres import Server

    root = Path(tempfile.mkdtemp(prefix="trellis-bench-"))
    root.chmod(0o755)
    server = Server(folder=root / "pg" / "cluster")
    server.start({**tuning.settings(), "fsync": "on", "synchronous_commit": "on"})
    os.environ.update(
        DATABASE_URL=server.url("postgres"),
        TRELLIS_DATA=str(root / "data"),
        TRELLIS_SECRET_KEY="only-for-benchmarks",
        TRELLIS_SANDBOX="false",
        DJANGO_SETTINGS_MODULE="trellis.config.settings",
    )
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield root
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(root, ignore_errors=True)
