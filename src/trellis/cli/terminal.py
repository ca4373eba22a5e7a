"""The terminal's Ctrl-C for Trellis alone, where another program runs it.

A terminal sends Ctrl-C to every process of its foreground group. make, which runs Trellis for
many people, then ends by that signal itself, however well Trellis stopped. A group of its own
in front of the terminal, as a shell makes for each job, keeps the signal from make.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def owned() -> Iterator[None]:
    """Stand in front of the terminal meanwhile, alone; the group from before gets it back.

    Does nothing where there is no terminal, where others stand in front of it, or where this
    process leads its group already, as one that a shell started does. Ctrl-Z does nothing
    meanwhile: whoever waits for this process could not be stopped with it.
    """
    before = os.getpgrp()
    terminal = None if before == os.getpid() else _terminal()
    if terminal is None:
        yield
        return
    try:
        if os.tcgetpgrp(terminal) != before:
            yield
            return
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        try:
            yield
        finally:
            with suppress(OSError):  # the terminal was closed, or that group has ended
                os.tcsetpgrp(terminal, before)
    finally:
        os.close(terminal)


def _terminal() -> int | None:
    try:
        return os.open(os.ctermid(), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
