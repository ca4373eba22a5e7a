"""bench: the benchmarks, which come with the source."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec

from trellis.cli.commands import Verbs
from trellis.core.errors import NotFound


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare bench."""
    verb = verbs.add_parser(
        "bench", parents=[common], help="measure, each figure with its limit"
    )
    verb.add_argument("name", help="pipeline, collect, segment_build, rescore, send …")
    verb.add_argument("--small", action="store_true", help="a quick run on little data")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run one benchmark on a database of its own."""
    if find_spec("bench") is None:
        raise NotFound("The benchmarks come with the source: run this in a clone of it.")
    options = [flag for flag in ("small", "json") if getattr(args, flag)]
    return subprocess.call(
        [sys.executable, "-m", "bench", args.name, *(f"--{option}" for option in options)]
    )
