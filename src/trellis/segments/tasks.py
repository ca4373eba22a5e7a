"""Jobs of segments."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.segments import membership


@app.periodic(cron="* * * * *")
@app.task(name="segments.refresh_sizes", queueing_lock="segment-sizes")
def refresh_sizes(timestamp: int) -> None:
    """Once a minute, count who is in each segment, for lists that show many of them."""
    del timestamp
    membership.refresh_sizes()
