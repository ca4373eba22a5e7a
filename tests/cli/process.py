"""Trellis as an operator runs it: a process of its own, its data folder, its port."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from trellis.core import machine, postgres

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
"""Seconds after which a wait counts as failed; far more than anything takes."""
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def wait_for(what: str, found: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Ask again and again until there is a true answer, and return it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {patience:.0f} s in vain: {what}")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter, also where the tests run as root."""
    path = Path(tempfile.mkdtemp(prefix="trellis-cli-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        forget(path / "data")
        shutil.rmtree(path, ignore_errors=True)


def forget(data: Path) -> None:
    """Remove what a data folder keeps elsewhere."""
    server = postgres.embedded(data)
    for place in (server.folder.parent, server.run):
        if data not in place.parents:
            shutil.rmtree(place, ignore_errors=True)


@dataclass
class Instance:
    """A data folder and a port, and the commands that are run on them."""

    data: Path
    port: int = field(default_factory=machine.free_port)
    more: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[str] | None = None

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(ROOT / "src"),
            "TRELLIS_DATA": str(self.data),
            "TRELLIS_PORT": str(self.port),
            "TRELLIS_MIN_FREE_MB": "50",
            **self.more,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.{self.port}.log")

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(*words),
            env={**self.env, **more},
            cwd="/",
            text=True,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def json(self, *words: str, **more: str) -> Any:
        """Run a command with --json and return what it said; it must succeed."""
        done = self.run(*words, "--json", **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *words: str) -> None:
        """Start `trellis up` (or another command) and return at once."""
        if self.running is not None:
            self.running.wait(PATIENCE)
        with self.log.open("a") as output:
            self.running = subprocess.Popen(
                self._command(*(words or ("up",))),
                env=self.env,
                cwd="/",
                text=True,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def up(self, *words: str) -> None:
        """Start, and wait until it says where it runs."""
        before = self.said().count("Trellis runs at") if self.log.exists() else 0
        self.start(*words)
        wait_for("the address", lambda: self._ended() or self._announced() > before)
        assert self._announced() > before, self.said()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, wait, and return its exit code."""
        assert self.running is not None
        self.running.send_signal(number)
        return self.running.wait(PATIENCE)

    def end(self) -> None:
        """Whatever it does: no process is left."""
        if self.running is not None and self.running.poll() is None:
            self.running.kill()
            self.running.wait()
        wait_for("the end of every process", lambda: not self.processes())

    def processes(self) -> dict[str, list[int]]:
        """Who belongs to this instance, by name: up, web, worker, jobs, postgres, and
        PostgreSQL's open sessions as backend."""
        found: dict[str, list[int]] = {}
        mark = f"TRELLIS_DATA={self.data}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                words = (entry / "cmdline").read_bytes().decode().split("\0")
                if (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.setdefault(_role(words), []).append(int(entry.name))
        for server in found.get("postgres", []):
            found["backend"] = _sessions(server)
        return found

    def pid(self, role: str) -> int:
        """The process of a role, once there is one."""
        return int(wait_for(f"a {role} process", lambda: self.processes().get(role))[0])

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def database(self, name: str = "trellis") -> psycopg.Connection[Any]:
        """A connection to the running embedded database."""
        url = postgres.embedded(self.data).url(name)
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def _announced(self) -> int:
        return self.said().count("Trellis runs at")

    def _ended(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    @staticmethod
    def _command(*words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "trellis.cli.main", *words]


def _sessions(server: int) -> list[int]:
    """The processes of PostgreSQL that serve a connection. Those that still begin are left
    out: PostgreSQL 18 hangs where one of them is killed while it recovers."""
    found = []
    with contextlib.suppress(OSError):
        for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split():
            title = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
            if " [local] " in title and not title.rstrip("\0 ").endswith("startup"):
                found.append(int(pid))
    return found


def _role(words: list[str]) -> str:
    if words[0].endswith("/postgres"):
        return "postgres"
    verb = words[words.index("trellis.cli.main") + 1] if "trellis.cli.main" in words else ""
    if verb == "worker":
        return "jobs" if "jobs" in words else "worker"
    return "up" if verb == "demo" else verb or words[0]
