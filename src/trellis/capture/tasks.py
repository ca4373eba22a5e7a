"""Jobs of imports."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.capture.imports import run


@app.task(name="capture.run_import")
def run_import(import_id: int) -> None:
    """Read an import to its end; a killed job goes on where it was."""
    run.run(import_id)
