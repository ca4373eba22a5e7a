"""The web process' listening socket: bound early, so that a busy port is said at once."""

from __future__ import annotations

import errno
import socket
import time

from trellis.core.errors import Conflict

BACKLOG = 2048


def bind(host: str, port: int, patience: float = 3.0) -> socket.socket:
    """Listen on ``host`` and ``port``; ``patience`` lets an instance that just ended let go.

    The socket outlives a web process that dies: connections wait for the next one. Raises
    ``Conflict`` with a sentence where the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + patience
    while True:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            sock.close()
            number = error.errno if isinstance(error, OSError) else errno.EINVAL
            if number != errno.EADDRINUSE or time.monotonic() > deadline:
                raise Conflict(_why(host, port, number, str(error))) from None
            time.sleep(0.1)
        else:
            return sock


def _why(host: str, port: int, number: int | None, said: str) -> str:
    if number == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use: stop what uses it, or choose another with"
            f" TRELLIS_PORT={port + 1}."
        )
    if number == errno.EACCES:
        return (
            f"Port {port} may not be used by this user: choose one above 1023 with"
            " TRELLIS_PORT, and put a reverse proxy in front."
        )
    return f"Cannot listen on {host} port {port} ({said}): check TRELLIS_HOST and TRELLIS_PORT."
