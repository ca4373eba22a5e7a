"""Jobs of the pipeline: deriving everybody again."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.pipeline import recompute as work


@app.task(name="pipeline.build_segment")
def build_segment(segment_id: int) -> None:
    """Build one segment."""
    work.build_segment(segment_id)


@app.task(name="pipeline.recompute")
def recompute() -> None:
    """Derive scores, stages and what depends on them for everybody."""
    work.recompute()
