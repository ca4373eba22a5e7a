"""Where accepted facts wait on disk while the database is away.

A segment is a file: a head with the offset up to which it was drained, then records, each
with its length and checksum. Whoever appends to or drains a segment holds a lock on it
that ends with the process, so the segments of a killed process are taken up by the next.
A record is acknowledged only after fsync; a torn one at the end was never acknowledged.
A kill between a drained commit and its note in the head repeats that commit, which the
message ids undo.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from trellis.core import clock
from trellis.events.collect import Group

SUFFIX = ".spool"
BROKEN = ".broken"
_HEAD = struct.Struct("<8sQ")
_MAGIC = b"TRSPOOL1"
_RECORD = struct.Struct("<II")
_SEGMENT = 16 * 1024 * 1024
_STEP = 50
"""Groups stored per commit while draining."""

_decoder = msgspec.msgpack.Decoder(Group)
Store = Callable[[Sequence[Group]], None]


class Spool:
    """The segment this process appends to. Not for use by several threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0

    def append(self, groups: Sequence[Group]) -> None:
        """Write groups durably. Raises ``OSError`` where the disk takes no more; then
        nothing of them is kept."""
        data = b"".join(_frame(msgspec.msgpack.encode(group)) for group in groups)
        file = self._opened()
        try:
            _write(file, data)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, self._size)
            os.lseek(file, self._size, os.SEEK_SET)
            raise
        self._size += len(data)
        if self._size > _SEGMENT:
            self.close()

    def close(self) -> None:
        """End the current segment, so that a drain can take it."""
        if self._file is not None:
            os.close(self._file)
        self._file = self._path = None

    def _opened(self) -> int:
        if self._file is not None:
            return self._file
        self._folder.mkdir(parents=True, exist_ok=True)
        stamp = int(clock.wall().timestamp() * 1_000_000)
        path = self._folder / f"{stamp:020d}-{os.getpid()}{SUFFIX}"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        _write(file, _HEAD.pack(_MAGIC, _HEAD.size))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._file, self._path, self._size = file, path, _HEAD.size
        return file


def waiting(folder: Path) -> list[Path]:
    """The segments on disk, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def weight(folder: Path) -> int:
    """Bytes that wait on disk, also of segments that were set aside."""
    found = [*waiting(folder), *folder.glob(f"*{BROKEN}")]
    return sum(file.stat().st_size for file in found if file.exists())


def drain(folder: Path, store: Store) -> int:
    """Hand every segment that nobody writes to ``store``, oldest first; returns facts.

    Stops at the first error of ``store``, which is raised; what it stored is not repeated.
    """
    facts = 0
    for path in waiting(folder):
        with _taken(path) as file:
            if file is not None:
                facts += _drain_segment(file, store)
                path.unlink()
    return facts


def set_aside(folder: Path) -> None:
    """Rename the oldest segment that nobody writes, because its data cannot be stored."""
    for path in waiting(folder):
        with _taken(path) as file:
            if file is not None:
                path.rename(path.with_suffix(BROKEN))
                return


@contextlib.contextmanager
def _taken(path: Path) -> Iterator[int | None]:
    """The segment open and locked, or None where another process holds or finished it."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file if path.exists() else None
    finally:
        os.close(file)


def _drain_segment(file: int, store: Store) -> int:
    facts = 0
    held: list[Group] = []
    for group, end in _records(file):
        held.append(group)
        facts += group.size
        if len(held) >= _STEP:
            store(held)
            os.pwrite(file, _HEAD.pack(_MAGIC, end), 0)
            held = []
    if held:
        store(held)
    return facts


def _records(file: int) -> Iterator[tuple[Group, int]]:
    head = os.pread(file, _HEAD.size, 0)
    if len(head) < _HEAD.size:
        return
    _, offset = _HEAD.unpack(head)
    while len(frame := os.pread(file, _RECORD.size, offset)) == _RECORD.size:
        length, checksum = _RECORD.unpack(frame)
        data = os.pread(file, length, offset + _RECORD.size)
        if len(data) < length or zlib.crc32(data) != checksum:
            return
        offset += _RECORD.size + length
        yield _decoder.decode(data), offset


def _frame(data: bytes) -> bytes:
    return _RECORD.pack(len(data), zlib.crc32(data)) + data


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
