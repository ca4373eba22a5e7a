"""worker: one process that moves facts, timers, messages and background jobs."""

from __future__ import annotations

import argparse
import signal
import threading
from types import FrameType

from trellis.cli import database
from trellis.cli.commands import Verbs
from trellis.cli.commands.web import require_level_schema


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare worker."""
    verb = verbs.add_parser("worker", parents=[common], help="run a worker process alone")
    verb.add_argument(
        "--only",
        choices=["pipeline", "jobs"],
        help="facts, timers and messages only, or background jobs only",
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Work until stopped; what is under way is finished."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    database.setup(pool=True)
    database.probe()
    require_level_schema()
    if args.only == "jobs":
        return _jobs(stop)
    from trellis.pipeline import worker

    jobs = None if args.only == "pipeline" else _beside(stop)
    worker.run(stop)
    stop.set()
    if jobs is not None:
        jobs.join()
    return 0


def _jobs(stop: threading.Event) -> int:
    from trellis.cli import jobs

    jobs.run(stop)
    return 0


def _beside(stop: threading.Event) -> threading.Thread:
    """Run the jobs in a thread; if they break, the whole process stops, to be restarted."""

    def work() -> None:
        try:
            _jobs(stop)
        finally:
            stop.set()

    thread = threading.Thread(target=work, name="jobs")
    thread.start()
    return thread
