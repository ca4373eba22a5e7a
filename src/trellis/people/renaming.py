"""Giving an option of an attribute another name in all stored values, with progress."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from trellis.core import clock, db, sql
from trellis.people import company_values, told
from trellis.people.models import Renaming

STRETCH = 20_000
"""Numbers of contacts that one transaction looks through."""

_SQL = sql.load(__package__, "renaming")


def run(renaming_id: int) -> None:
    """Do a renaming; one that was interrupted goes on, because only old names are touched."""
    job = Renaming.objects.filter(pk=renaming_id, done_at=None).first()
    if job is None:
        return
    block = "contacts" if job.of == "contact" else "companies"
    ((last,),) = db.fetch(_SQL[f"last_of_{block}"])
    names = {"key": job.key, "before": job.before, "after": job.after}
    for low in range(0, int(last or 0) + 1, STRETCH):
        with transaction.atomic():
            span = {"low": low, "high": low + STRETCH - 1, "now": clock.now()}
            changed = _stretch(block, {**names, **span})
            _tell(job, changed)
            job.changed += len(changed)
            job.progress = min(99, 100 * (low + STRETCH) // (int(last) + 1))
            job.save(update_fields=["changed", "progress"])
    job.progress, job.done_at = 100, clock.now()
    job.save(update_fields=["progress", "done_at"])


def _stretch(block: str, args: dict[str, Any]) -> list[int]:
    rows = db.fetch(_SQL[f"texts_of_{block}"], args) + db.fetch(_SQL[f"lists_of_{block}"], args)
    return [int(number) for (number,) in rows]


def _tell(job: Renaming, changed: list[int]) -> None:
    if job.of == "contact":
        props = {"by": job.actor, "fields": [job.key], "renamed": [job.before, job.after]}
        told.tell_all(changed, told.CHANGED, props)
        return
    for number in changed:
        company_values.announce(number, [job.key])
