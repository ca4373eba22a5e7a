"""Background jobs: procrastinate's worker, with what a killed one left behind taken up."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from datetime import datetime, timedelta

import psycopg
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError
from procrastinate import BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.contrib.django import app, connector_params
from procrastinate.jobs import DeleteJobCondition, Job
from typing_extensions import override

from trellis.core import clock, db
from trellis.pipeline.models import Worker

CONCURRENCY = 2
AWAY = 3.0
"""Seconds after which an unreachable database is an error; the process then starts anew."""
PULSE = 5.0
"""Seconds between reports that this process lives."""
FORGET = timedelta(hours=1)
"""After this time a process that no longer reports is forgotten."""


MOST_TRIES = 12


class Again(BaseRetryStrategy):
    """A job that met a lost database, a deadlock or the like is run again, ever later; one
    that fails by itself is not."""

    @override
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None where it makes no sense."""
        passing = isinstance(
            exception, OperationalError | InterfaceError | psycopg.OperationalError
        )
        if not passing or job.attempts >= MOST_TRIES:
            return None
        return RetryDecision(retry_in={"seconds": min(60, 2**job.attempts)})


def run(stop: threading.Event) -> None:
    """Run jobs until ``stop`` is set; a job under way gets time to finish."""
    for task in app.tasks.values():
        task.retry_strategy = task.retry_strategy or Again()
    asyncio.run(_run(stop))


async def drain() -> None:
    """Run all jobs that wait, and return."""
    with app.replace_connector(_connector()):
        async with app.open_async():
            await app.run_worker_async(
                wait=False, concurrency=CONCURRENCY, install_signal_handlers=False
            )


async def _run(stop: threading.Event) -> None:
    name = f"jobs-{socket.gethostname()}-{os.getpid()}"
    with app.replace_connector(_connector()):
        async with app.open_async():
            work = asyncio.create_task(
                app.run_worker_async(
                    name=name,
                    concurrency=CONCURRENCY,
                    install_signal_handlers=False,
                    delete_jobs=DeleteJobCondition.SUCCESSFUL,
                    shutdown_graceful_timeout=15,
                )
            )
            pulse = asyncio.create_task(_pulse(name))
            asked = asyncio.create_task(_until(stop))
            done, _ = await asyncio.wait(
                {work, pulse, asked}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in (pulse, asked, work):
                task.cancel()
            await asyncio.gather(work, pulse, asked, return_exceptions=True)
            for task in done - {asked}:
                task.result()


def _connector() -> PsycopgConnector:
    """Connections for the event loop, which give up soon where the database is away."""
    return PsycopgConnector(kwargs=connector_params(), timeout=AWAY, min_size=1, max_size=4)


async def _until(stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(0.2)


async def _pulse(name: str) -> None:
    """Report, and give back the jobs of workers that stopped reporting."""
    started = clock.wall()
    while True:
        await sync_to_async(_report)(name, started)
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(job)
        await asyncio.sleep(PULSE)


def _report(name: str, started: datetime) -> None:
    Worker.objects.update_or_create(
        name=name,
        defaults={"kind": "jobs", "at": clock.wall()},
        create_defaults={"kind": "jobs", "at": clock.wall(), "started_at": started},
    )
    db.run(
        "DELETE FROM worker WHERE kind = 'jobs' AND at < %s",
        [clock.wall() - FORGET],
    )
