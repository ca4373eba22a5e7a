"""Jobs of the log."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="events.fill_signal", queueing_lock=None, pass_context=False)
def fill_signal(signal_id: int) -> None:
    """Fill a new signal from the log."""
    from trellis.events.signals import backfill

    backfill(signal_id)


@app.periodic(cron="*/10 * * * *")
@app.task(name="events.roll_up", queueing_lock="roll-up", lock="roll-up")
def roll_up(timestamp: int) -> None:
    """Every ten minutes, what was looked at, clicked and read today, and signals by day."""
    from trellis.events import content

    del timestamp
    content.roll_up()
