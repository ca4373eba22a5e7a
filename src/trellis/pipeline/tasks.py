"""Jobs of the pipeline: deriving everybody again."""

from __future__ import annotations

from datetime import datetime

from procrastinate.contrib.django import app

from trellis.core import clock, instance
from trellis.pipeline import clockwork, ticks
from trellis.pipeline import recompute as work
from trellis.scoring.predict import applying


@app.task(name="pipeline.build_segment")
def build_segment(segment_id: int) -> None:
    """Build one segment."""
    work.build_segment(segment_id)


@app.task(name="pipeline.recompute")
def recompute() -> None:
    """Derive scores, stages and what depends on them for everybody."""
    work.recompute()


@app.task(name="pipeline.predict")
def predict(line_id: int) -> None:
    """Give the open leads of a line their chance to be won."""
    applying.apply(line_id, lambda contacts: ticks.wake(contacts, clock.now()))


@app.task(name="pipeline.advance_clock", lock="clock")
def advance_clock(start: str, target: str) -> None:
    """Move the sandbox's time on to ``target`` (ISO times; ``start`` is for the progress)."""
    del start
    instance.refresh_clock(force=True)
    clockwork.advance(datetime.fromisoformat(target) - clock.now())
