"""Jobs of the log."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="events.fill_signal", queueing_lock=None, pass_context=False)
def fill_signal(signal_id: int) -> None:
    """Fill a new signal from the log."""
    from trellis.events.signals import backfill

    backfill(signal_id)
