"""drain: work until quiet. clock advance: move the sandbox's time."""

from __future__ import annotations

import argparse
import asyncio
import re
from datetime import timedelta

from trellis.cli import database
from trellis.cli.commands import Verbs, report
from trellis.core import clock
from trellis.core.errors import InvalidInput

_UNITS = {"h": "hours", "d": "days", "w": "weeks", "m": "minutes"}


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare drain and clock advance."""
    drain = verbs.add_parser("drain", parents=[common], help="work until nothing is left to do")
    drain.set_defaults(run=run_drain)
    time = verbs.add_parser("clock", help="the sandbox's time").add_subparsers(
        metavar="ACT", required=True
    )
    advance = time.add_parser(
        "advance", parents=[common], help="move the time on and run all that falls due"
    )
    advance.add_argument("by", type=_span, help="for example 90m, 12h, 3d, 1w or '1w 2d'")
    advance.set_defaults(run=run_advance)


def duration(text: str) -> timedelta:
    """``1w 2d 3h 4m`` as a time span; raises ``InvalidInput`` for anything else."""
    parts = re.findall(r"(\d+)\s*([a-z])[a-z]*", text.lower())
    rest = re.sub(r"\d+\s*[a-z]+", "", text.lower()).strip(" ,")
    if not parts or rest or any(unit not in _UNITS for _, unit in parts):
        raise InvalidInput(f"{text!r} is no time span: write for example 90m, 12h, 3d or 1w.")
    return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())


def _span(text: str) -> timedelta:
    try:
        return duration(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def run_drain(args: argparse.Namespace) -> int:
    """Move facts, timers, messages and jobs until all is quiet."""
    with database.at_hand():
        from trellis.cli import jobs
        from trellis.pipeline import drain, gauges

        while True:
            drain.drain()
            if not gauges.read().jobs_waiting:
                break
            asyncio.run(jobs.drain())
    report(args, {"quiet": True}, "All is quiet.")
    return 0


def run_advance(args: argparse.Namespace) -> int:
    """Move the sandbox clock in hops, and do at each what falls due."""
    with database.at_hand():
        from trellis.pipeline import clockwork

        clockwork.advance(args.by)
        now = clock.now().replace(microsecond=0)
    report(args, {"now": now.isoformat()}, f"The sandbox is at {now:%Y-%m-%d %H:%M} UTC.")
    return 0
