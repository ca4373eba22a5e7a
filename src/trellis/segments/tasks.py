"""Jobs of segments."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.segments import growth, membership, snapshots


@app.periodic(cron="* * * * *")
@app.task(name="segments.refresh_sizes", queueing_lock="segment-sizes")
def refresh_sizes(timestamp: int) -> None:
    """Once a minute, bring the sizes of segments up to date, and write today's growth."""
    del timestamp
    membership.settle()
    growth.write()


@app.task(name="segments.take_snapshot")
def take_snapshot(segment_id: int, by: str) -> None:
    """Fill a snapshot with everybody for whom its rule holds now."""
    snapshots.take(segment_id, by)
