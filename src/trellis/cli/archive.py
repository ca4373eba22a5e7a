"""What a backup file holds: a tar with a manifest, the database, files and the secret key.

``manifest.json`` comes first; ``database.dump`` is PostgreSQL's own custom format.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trellis.core import programs
from trellis.core.errors import InvalidInput, Unavailable

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
KEY = "secret_key"
FILES = ("imports",)
"""Folders of the data folder that belong to the data."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """``sha256`` is that of the dump; ``migrations`` the schema it was taken from."""

    format: int
    trellis: str
    postgres: int
    taken_at: str
    sha256: str
    migrations: list[str]
    contacts: int


def write(target: Path, manifest: Manifest, dump: Path, data: Path) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    fresh = target.with_name(f".{target.name}.partial")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as tar:
            body = json.dumps(asdict(manifest), indent=1).encode()
            head = tarfile.TarInfo(MANIFEST)
            head.size = len(body)
            tar.addfile(head, io.BytesIO(body))
            for name, path in (
                (KEY, data / KEY),
                *((one, data / one) for one in FILES),
                (DUMP, dump),
            ):
                if path.exists():
                    tar.add(path, arcname=name)
            raw.flush()
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def opened(source: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    """Read a backup's manifest; raises ``InvalidInput`` where it is none."""
    try:
        with tarfile.open(source, mode="r:") as tar:
            head = tar.extractfile(MANIFEST)
            assert head is not None, "the manifest is a file"
            manifest = Manifest(**json.load(head))
            if manifest.format != FORMAT:
                raise InvalidInput(
                    f"{source} has format {manifest.format}; this Trellis reads {FORMAT}."
                )
            yield tar, manifest
    except (tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{source} is not a whole backup of Trellis ({error}).") from None


def unpack(tar: tarfile.TarFile, folder: Path, manifest: Manifest) -> Path:
    """Unpack everything into ``folder`` and check the dump; returns the dump's path."""
    tar.extractall(folder, filter="data")
    dump = folder / DUMP
    if not dump.exists() or checksum(dump) != manifest.sha256:
        raise InvalidInput("The backup's database is damaged: its checksum does not fit.")
    return dump


def checksum(file: Path) -> str:
    """The SHA-256 of a file, hex."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def run_tool(name: str, options: Iterable[str], database: Mapping[str, Any]) -> None:
    """Run pg_dump or pg_restore on a database of Django's settings."""
    keys = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    env = {**os.environ, **{var: database[key] for key, var in keys.items() if database[key]}}
    for option in ("sslmode", "sslrootcert"):
        if value := database["OPTIONS"].get(option):
            env[f"PG{option.upper()}"] = value
    done = subprocess.run(
        [str(programs.binaries() / name), *options],
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Unavailable(f"{name} failed: {said[-1] if said else 'it did not say why'}")
