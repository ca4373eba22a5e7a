"""Long changes as jobs. Each is idempotent: it works on what still is to be changed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.journeys import bulk


@app.task(name="journeys.settle_waiting")
def settle_waiting(*, journey_id: int, version_id: int, choices: dict[str, str]) -> None:
    """Move or end the runs on earlier versions, as chosen when publishing."""
    bulk.settle_all_waiting(journey_id, version_id, choices)


@app.task(name="journeys.enrol_segments")
def enrol_segments(*, journey_id: int, keys: list[str]) -> None:
    """Enrol the present members of the entry segments."""
    bulk.enrol_all_members(journey_id, keys)
