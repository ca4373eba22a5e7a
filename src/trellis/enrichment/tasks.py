"""Jobs of enrichment."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.enrichment import asking


@app.task(name="enrichment.run")
def run() -> None:
    """Ask what is due, as fast as each source may be asked."""
    asking.run_due()
