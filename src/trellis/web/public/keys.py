"""The write keys as the collector knows them: in memory, a second old at most, and on disk
for a start while the database is away (write keys stand in public pages anyway)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from django.conf import settings

from trellis.core import clock
from trellis.tracking.options import DEFAULT, Options, load
from trellis.web.public.database import connect

log = logging.getLogger(__name__)

REFRESH_SECONDS = 1.0
_MAX_HEADERS = 4_096
_KEYS = (
    "SELECT id, token, tracking::text FROM accounts_key"
    " WHERE kind = 'write' AND revoked_at IS NULL"
)
_OFFSET = "SELECT clock_offset FROM core_instance WHERE id = 1"
_USED = "UPDATE accounts_key AS k SET last_used_at = %s WHERE id = ANY(%s)"
_USED_SECONDS = 60.0
_BETWEEN_SECONDS = 0.1
_READ_SECONDS = 5.0
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Kept(msgspec.Struct):
    """What is known of the keys: token → id, and id → how its tracker behaves."""

    ids: dict[str, int] = {}
    options: dict[int, Options] = {}


class Keys:
    """Token → key id, refreshed in the background together with the sandbox clock."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "write_keys.json"
        self._kept = Kept()
        self._headers: dict[bytes, int] = {}
        self._used: set[int] = set()
        self._noted_at = 0.0
        self._known = asyncio.Event()
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the keys and keep them fresh; where the database is away, those of the disk."""
        self._task = asyncio.create_task(self._run())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._known.wait(), 5)

    async def stop(self) -> None:
        """End the refreshing."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def of_header(self, header: bytes) -> int | None:
        """The key of an Authorization header: Basic with the key as user, or Bearer."""
        found = self._headers.get(header)
        if found is None:
            found = self._kept.ids.get(_token(header))
            if found is not None and len(self._headers) < _MAX_HEADERS:
                self._headers[header] = found
        if found is not None:
            self._used.add(found)
        return found

    def of_token(self, token: object) -> int | None:
        """The key of a token in a body or header of its own."""
        found = self._kept.ids.get(token) if isinstance(token, str) else None
        if found is not None:
            self._used.add(found)
        return found

    def options_of(self, key_id: int) -> Options:
        """How the tracker of a key behaves."""
        return self._kept.options.get(key_id, DEFAULT)

    def for_script(self, token: str) -> Options | None:
        """The options a page's script needs; None where there is no such key."""
        found = self._kept.ids.get(token)
        return None if found is None else self.options_of(found)

    async def look_again(self) -> None:
        """Wait for the next reading: the key may have been made a moment ago. All
        who ask share one reading, so that guessing keys costs the database little."""
        self._known.clear()
        self._asked.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._known.wait(), REFRESH_SECONDS)

    async def _run(self) -> None:
        connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        try:
            while True:
                self._asked.clear()
                try:
                    async with asyncio.timeout(_READ_SECONDS):
                        if connection is None:
                            connection = await connect()
                        await self._read(connection)
                except (psycopg.Error, OSError, TimeoutError) as error:
                    log.info("collector: keys could not be read: %s", error)
                    if connection is not None:
                        await connection.close()
                    connection = None
                    self._read_from_disk()
                self._known.set()
                await asyncio.sleep(_BETWEEN_SECONDS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), REFRESH_SECONDS)
        finally:
            if connection is not None:
                await connection.close()

    async def _read(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        rows = await (await connection.execute(_KEYS)).fetchall()
        kept = Kept(
            ids={str(token): int(str(key)) for key, token, _ in rows},
            options={int(str(key)): load(_decode(str(said))) for key, _, said in rows},
        )
        if kept != self._kept:
            self._kept, self._headers = kept, {}
            self._write_to_disk()
        if settings.TRELLIS_SANDBOX:
            row = await (await connection.execute(_OFFSET)).fetchone()
            clock.set_offset(timedelta(seconds=int(str(row[0])) if row else 0))
        tick = asyncio.get_running_loop().time()
        if self._used and tick - self._noted_at > _USED_SECONDS:
            used, self._used, self._noted_at = sorted(self._used), set(), tick
            await connection.execute(_USED, [clock.now(), used])

    def _read_from_disk(self) -> None:
        if self._kept.ids:
            return
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self._kept = msgspec.json.decode(self._file.read_bytes(), type=Kept)

    def _write_to_disk(self) -> None:
        fresh = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(self._kept))
            os.replace(fresh, self._file)
        except OSError as error:
            log.warning("collector: the write keys could not be kept on disk: %s", error)


def _token(header: bytes) -> str:
    scheme, _, value = header.partition(b" ")
    scheme = scheme.lower()
    if scheme == b"bearer":
        return value.strip().decode("latin-1")
    if scheme != b"basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
