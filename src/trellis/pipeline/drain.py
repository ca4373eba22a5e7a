"""Working until quiet: for the CLI, the sandbox clock and tests."""

from __future__ import annotations

from trellis.core import clock, instance
from trellis.pipeline import advance, ticks

ROUNDS = 20_000
"""More rounds than any quiet end can need."""


class Restless(RuntimeError):
    """Something falls due again and again without end."""


def drain() -> int:
    """Decide all facts and run all timers that are due; returns how much was done."""
    total = 0
    instance.refresh_clock(force=True)
    for _ in range(ROUNDS):
        done = advance.run_batch() or ticks.run_due(clock.now())
        if not done:
            return total
        total += done
    raise Restless("The pipeline does not come to rest; see what is due on the health page.")
