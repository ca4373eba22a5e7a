"""The data folder: one instance at a time, and room on its disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trellis.core import machine
from trellis.core.errors import Conflict, Unavailable
from trellis.core.machine import MB


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go when it ends, however it ends.

    Raises ``Conflict`` where another Trellis holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    handle = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            raise Conflict(
                f"Trellis already runs on {data} (process {holder}): stop it first, or choose"
                " another folder with TRELLIS_DATA."
            ) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def check_room(data: Path, wanted_mb: int) -> None:
    """Refuse a disk that is about to be full (``Unavailable``); nothing was touched yet."""
    free = machine.free_space(data) // MB
    if free < wanted_mb:
        raise Unavailable(
            f"The disk of {data} has {free} MB free, and Trellis wants {wanted_mb} MB to start:"
            " free some space, or lower TRELLIS_MIN_FREE_MB."
        )
