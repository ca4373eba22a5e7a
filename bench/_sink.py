"""A mail server that throws everything away, as fast as asyncio can: `python _sink.py PORT`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop


class Sink(asyncio.Protocol):
    """Speaks just enough SMTP, with pipelining, to take any mail."""

    def connection_made(self, transport: Any) -> None:
        """Greet."""
        self.transport = transport
        self.held = b""
        self.in_data = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every whole command, or the end of the content."""
        self.held += data
        answers = []
        while self.held:
            if self.in_data:
                end = self.held.find(b"\r\n.\r\n")
                if end < 0:
                    self.held = self.held[-2_000_000:]
                    break
                self.held = self.held[end + 5 :]
                self.in_data = False
                answers.append(b"250 taken\r\n")
                continue
            line, found, rest = self.held.partition(b"\r\n")
            if not found:
                break
            self.held = rest
            answers.append(self._answer(line[:4].upper()))
        self.transport.write(b"".join(answers))

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
