"""Keeping processes alive: start in order, restart with back-off, stop in order.

A child ends with its supervisor, even where that one is killed with SIGKILL. Children lie
in sessions of their own, so that Ctrl-C reaches the supervisor alone, which then stops them
in the right order.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trellis.core import machine
from trellis.core.errors import TrellisError, Unavailable
from trellis.core.postgres import PostgresError, Server

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY = 5.0
"""Seconds after which a child counts as well, and its back-off starts anew."""
GIVE_UP = 3
"""How often the web process may fail before it was ever ready."""
PATIENCE = 20.0
"""Seconds a child gets to finish what it does."""


def command(*words: str) -> list[str]:
    """The command line of a part of Trellis in a process of its own."""
    return [sys.executable, "-P", "-m", "trellis.cli.main", *words]


@dataclass
class Child:
    """One process to keep alive; ``due`` is when it may start again (monotonic).

    An ``early`` one starts while the rest is still made ready, and waits at the gate.
    """

    name: str
    words: Sequence[str]
    fds: tuple[int, ...] = ()
    early: bool = False
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    due: float = 0.0
    began: float = 0.0

    def start(self) -> None:
        """Start the process, bound to this one."""
        self.process = spawn(self.words, self.fds)
        self.began = time.monotonic()

    def reap(self) -> int | None:
        """The exit code where the process has ended since it was last asked, else None."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        steady = time.monotonic() - self.began > STEADY
        self.failures = 1 if steady else self.failures + 1
        self.due = time.monotonic() + pause(self.failures)
        self.process = None
        return code


@dataclass
class Supervisor:
    """Keeps a server and children alive until a signal asks to stop."""

    say: Callable[[str], None]
    server: Server | None = None
    restart_server: Callable[[], None] = lambda: None
    children: list[Child] = field(default_factory=list)
    asked: int = 0
    _ready: tuple[int, int] = field(default_factory=os.pipe)
    _gate: tuple[int, int] = field(default_factory=os.pipe)
    _wake: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def __post_init__(self) -> None:
        for end in self._wake:
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake[1].fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    @property
    def ready_fd(self) -> int:
        """Where a web process writes a byte once it answers."""
        return self._ready[1]

    @property
    def gate_fd(self) -> int:
        """Where an early child waits for the end of the file, which ``open_gate`` brings."""
        return self._gate[0]

    def start_early(self) -> None:
        """Start the early children, which read their code while the database is prepared."""
        for child in self.children:
            if child.early:
                child.start()

    def open_gate(self) -> None:
        """Let the early children go on; those that start later find the gate open."""
        os.close(self._gate[1])

    def once(self, words: Sequence[str]) -> tuple[int, str]:
        """Run a command to its end; returns its exit code and what it printed."""
        process = spawn(words, stdout=subprocess.PIPE)
        assert process.stdout is not None, "it was asked for"
        out, said = process.stdout.fileno(), b""
        while process.poll() is None:
            if self.asked:
                process.terminate()
            if out in _readable(0.5, out, self._wake[0].fileno()):
                said += os.read(out, 65536)
            self._drain()
        said += process.stdout.read()
        return process.returncode, said.decode()

    def run(self, when_ready: Callable[[], None]) -> None:
        """Start the children and keep everything alive until asked to stop."""
        ready = False
        while not self.asked:
            self._keep_server()
            self._keep_children(ready)
            found = _readable(self._idle(), self._ready[0], self._wake[0].fileno())
            self._drain()
            if self._ready[0] in found:
                os.read(self._ready[0], 64)
                if not ready:
                    when_ready()
                ready = True

    def stop(self) -> None:
        """Stop children, then the server; a second signal makes short work of it."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        while any(process.poll() is None for process in running):
            if self.asked > 1 or time.monotonic() > deadline:
                for process in running:
                    process.kill()
            _readable(0.2, self._wake[0].fileno())
            self._drain()
        if self.server is not None:
            self.server.stop(signal.SIGINT if self.asked <= 1 else signal.SIGQUIT)

    def _ask(self, *_: object) -> None:
        self.asked += 1

    def _drain(self) -> None:
        try:
            while self._wake[0].recv(256):
                pass
        except BlockingIOError:
            pass

    def _keep_server(self) -> None:
        if self.server is None or self.server.process.poll() is None:
            return
        code = self.server.process.returncode
        self.say(f"PostgreSQL ended ({_how(code)}); starting it again.")
        for attempt in range(1, 6):
            try:
                self.restart_server()
            except PostgresError as error:
                self.say(error.message)
                time.sleep(pause(attempt))
            else:
                return
        raise Unavailable("PostgreSQL does not stay up; its log lies in logs/postgres.log.")

    def _keep_children(self, ready: bool) -> None:
        for child in self.children:
            code = child.reap()
            if code is not None:
                self.say(f"The {child.name} process ended ({_how(code)}); starting it again.")
            if not ready and child.failures >= GIVE_UP:
                raise TrellisError(
                    f"The {child.name} process does not start; its last words stand above."
                )
            if child.process is None and time.monotonic() >= child.due:
                child.start()

    def _idle(self) -> float:
        """Seconds until a child is due to start; a second at most."""
        now = time.monotonic()
        waits = [child.due - now for child in self.children if child.process is None]
        return max(0.01, min([1.0, *waits]))


def spawn(
    words: Sequence[str], fds: Sequence[int] = (), stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that gets SIGTERM when this one ends, however it ends."""
    return subprocess.Popen(
        list(words),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        pass_fds=fds,
        start_new_session=True,
        preexec_fn=machine.bound_to_parent(signal.SIGTERM),
    )


def _readable(seconds: float, *fds: int) -> list[int]:
    """Wait at most so long; returns those that have something to read."""
    return select.select(fds, [], [], seconds)[0]


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1)))


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
