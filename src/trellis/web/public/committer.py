"""Group commit: what many requests bring is made durable by one commit, then all are
answered. While the database is away, groups go to the spool and drain later, in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from django.db import DatabaseError, DataError, IntegrityError, close_old_connections

from trellis.core import clock
from trellis.events import collect, rejected
from trellis.events.collect import Group
from trellis.tracking import spool
from trellis.web.public.database import connect

log = logging.getLogger(__name__)

MAX_WAITING = 64 * 1024 * 1024
"""Bytes that may wait for a commit; above it, requests are told to come back."""
GROUP_BYTES = 8 * 1024 * 1024
"""Bytes of one group at most."""
COMMIT_SECONDS = 5.0
"""After this long a commit counts as failed and its group goes to the spool."""
RETRY_SECONDS = 1.0
CROWD = 4
BEAT_SECONDS = 0.004
"""Where one commit answers ``CROWD`` requests or more, commits begin this far apart: each
costs as much as parsing fifteen events, whatever it holds."""

Counts = Mapping[tuple[str, str], int]


class Full(Exception):
    """Too much waits to be committed: the caller must come back later."""


class Entry:
    """What one request brought, and the future that is done when it is durable."""

    __slots__ = ("counts", "done", "parts", "refused", "size")

    def __init__(
        self,
        parts: list[tuple[int, bytes]],
        refused: Sequence[rejected.Item],
        counts: Counts,
        done: asyncio.Future[None],
    ) -> None:
        self.parts = parts
        self.refused = refused
        self.counts = counts
        self.done = done
        self.size = 0
        for _, data in parts:
            self.size += len(data)
        for item in refused:
            self.size += len(item.body)


class Committer:
    """Owns the buffer, one connection and one task of the running event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spool = spool.Spool(folder)
        self._entries: list[Entry] = []
        self._bytes = 0
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._spooling = False
        self._reachable = False
        self._crowded = False
        self._begun = 0.0
        self._closing = False
        self.spooled = 0

    async def start(self) -> None:
        """Begin; segments left by an earlier process are drained first."""
        self._spooling = bool(spool.waiting(self._folder))
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._mend())]

    async def stop(self) -> None:
        """Make durable what waits, then end."""
        self._closing = True
        self._wake.set()
        for task, ends in zip(self._tasks, (True, False), strict=False):
            if not ends:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._disconnect()
        self._spool.close()

    async def commit(
        self,
        parts: list[tuple[int, bytes]],
        refused: Sequence[rejected.Item],
        counts: Counts,
    ) -> None:
        """Return when all of it is durable. Raises ``Full``, or ``OSError`` where neither
        the database nor the disk takes it."""
        if self._bytes > MAX_WAITING:
            raise Full
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = Entry(parts, refused, counts, done)
        self._entries.append(entry)
        self._bytes += entry.size
        self._wake.set()
        await done

    async def _run(self) -> None:
        while self._entries or not self._closing:
            if not self._entries:
                self._wake.clear()
                await self._wake.wait()
            await self._linger()
            entries = self._take()
            self._crowded = len(entries) >= CROWD
            if entries:
                await self._settle(entries)
            if self._reachable and not self._closing:
                await self._return_to_database()

    async def _linger(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._begun + BEAT_SECONDS - loop.time()
        if self._crowded and wait > 0 and not self._closing:
            await asyncio.sleep(wait)
        self._begun = loop.time()

    def _take(self) -> list[Entry]:
        size = count = 0
        for entry in self._entries:
            size += entry.size
            count += 1
            if size >= GROUP_BYTES:
                break
        taken, self._entries = self._entries[:count], self._entries[count:]
        return taken

    async def _settle(self, entries: list[Entry]) -> None:
        group = _group(entries)
        failure: OSError | None = None
        try:
            if self._spooling or not await self._to_database(group):
                self._spooling = True
                await asyncio.to_thread(self._spool.append, [group])
                self.spooled += group.size
        except OSError as error:
            log.error("collector: neither database nor disk takes events: %s", error)
            failure = error
        for entry in entries:
            self._bytes -= entry.size
            if entry.done.done():
                continue
            if failure is None:
                entry.done.set_result(None)
            else:
                entry.done.set_exception(OSError(str(failure)))

    async def _to_database(self, group: Group) -> bool:
        try:
            if group.refused:
                await asyncio.to_thread(_store, [group])
                return True
            async with asyncio.timeout(COMMIT_SECONDS):
                if self._connection is None:
                    self._connection = await connect()
                await self._connection.execute(
                    collect.STATEMENTS["collect"], collect.parameters(group)
                )
        except (psycopg.Error, DatabaseError, TimeoutError, OSError) as error:
            log.warning("collector: the database is away, spooling: %s", error)
            await self._disconnect()
            return False
        return True

    async def _mend(self) -> None:
        """Drain what lies on disk as soon as the database answers; also the segments of
        processes that were killed. Requests go on meanwhile."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if not self._spooling and not spool.waiting(self._folder):
                continue
            try:
                await (await connect()).close()
                await asyncio.to_thread(_drain, self._folder)
            except (psycopg.Error, DatabaseError, OSError) as error:
                log.info("collector: the spool waits for the database: %s", error)
                continue
            if self._spooling:
                self._reachable = True
                self._wake.set()

    async def _return_to_database(self) -> None:
        """Drain the last segment while nothing else is written, then commit directly again."""
        self._reachable = False
        self._spool.close()
        try:
            await asyncio.to_thread(_drain, self._folder)
        except (DatabaseError, OSError) as error:
            log.info("collector: the database went away again: %s", error)
        else:
            self._spooling = False
            log.info("collector: the spool is drained")

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()


def _group(entries: Sequence[Entry]) -> Group:
    parts: list[tuple[int, bytes]] = []
    refused: list[rejected.Item] = []
    counts: dict[tuple[str, str], int] = {}
    for entry in entries:
        parts.extend(entry.parts)
        refused.extend(entry.refused)
        for key, n in entry.counts.items():
            counts[key] = counts.get(key, 0) + n
    return Group(
        received=clock.now().timestamp(),
        rows=collect.join(parts),
        counts=[(name, reason, n) for (name, reason), n in counts.items()],
        refused=refused,
    )


def _store(groups: Sequence[Group]) -> None:
    close_old_connections()
    try:
        collect.store(groups)
    finally:
        close_old_connections()


def _drain(folder: Path) -> None:
    try:
        spool.drain(folder, _store)
    except (DataError, IntegrityError):
        log.exception("collector: a spool segment cannot be stored and is set aside")
        spool.set_aside(folder)
