"""Pytest plug-in: a throw-away PostgreSQL for the run, before Django reads its settings.

The first process of a run starts the server; pytest-xdist's workers inherit its address
and use a database each.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

from trellis.core.postgres import Server

OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It would count the rows of a test that has not committed as none, and plans would follow.
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
}


def _start() -> None:
    root = Path(tempfile.mkdtemp(prefix="trellis-tests-"))
    root.chmod(0o755)
    server = Server(folder=root / "pg" / "cluster")
    server.start(OPTIONS)

    def stop() -> None:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(root, ignore_errors=True)

    atexit.register(stop)
    os.environ["DATABASE_URL"] = server.url("postgres")
    os.environ["TRELLIS_DATA"] = str(root / "data")
    os.environ["TRELLIS_SECRET_KEY"] = "only-for-tests"
    os.environ["TRELLIS_SANDBOX"] = "true"


if "TRELLIS_TEST_PARENT" not in os.environ:
    os.environ["TRELLIS_TEST_PARENT"] = str(os.getpid())
    _start()
