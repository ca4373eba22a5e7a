"""What the machine under us has: memory, cores, disk; and how to bind a child to its parent."""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

MB = 1024 * 1024
_PR_SET_PDEATHSIG = 1
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def memory() -> int:
    """Bytes of memory this process may use: the machine's, or the container's limit."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in _CGROUP_LIMITS:
        try:
            total = min(total, int(file.read_text("ascii")))
        except (OSError, ValueError):
            continue
    return total


def cores() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def free_space(folder: Path) -> int:
    """Free bytes of the file system that ``folder`` is on, or will be on once made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether a process with this id runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def bound_to_parent(on_death: signal.Signals) -> Callable[[], None]:
    """A ``preexec_fn``: the child gets ``on_death`` when this process ends, however it ends.

    The kernel keeps the promise even where this process is killed with SIGKILL. Must be
    used from the main thread, since the promise is tied to the thread that forks.
    """
    parent = os.getpid()

    def bind() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(on_death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def settle_memory() -> None:
    """Spare the cycle collector what was loaded at start and what dies by itself.

    For processes that serve: the objects of a request are freed by their reference counts;
    looking for cycles among them after every 700 cost a tenth of all time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
