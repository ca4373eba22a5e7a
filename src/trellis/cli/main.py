"""The trellis command: every verb an operator needs, with clear errors and exit codes.

0: done. 1: it could not be done; one sentence on stderr says what to do. 2: the command
line was wrong. 130: interrupted.
"""

from __future__ import annotations

import argparse
import errno
import json
import sys
from collections.abc import Sequence
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import DatabaseError
from psycopg.errors import DiskFull

from trellis import __version__
from trellis.core.errors import TrellisError

COMMANDS = (
    "up",
    "web",
    "worker",
    "migrate",
    "doctor",
    "backup",
    "people",
    "data",
    "mail",
    "sandbox",
    "bench",
)
"""Modules of ``cli.commands``, in the order of the help."""


def parser() -> argparse.ArgumentParser:
    """The whole command line (also read by the reference page)."""
    top = argparse.ArgumentParser(
        prog="trellis", description="Lead management and lead nurturing on PostgreSQL."
    )
    top.add_argument("--version", action="version", version=f"trellis {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON for programs")
    verbs = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"trellis.cli.commands.{name}").add(verbs, common)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = argparse.Namespace(json=False)
    try:
        args = parser().parse_args(argv)
        return int(args.run(args))
    except KeyboardInterrupt:
        return 130
    except (TrellisError, ImproperlyConfigured, DatabaseError, OSError) as error:
        return _fail(args, error)


def _fail(args: argparse.Namespace, error: Exception) -> int:
    message = _sentence(error)
    if args.json:
        print(json.dumps({"error": message}))
    if not getattr(error, "data", {}).get("said"):
        print(f"trellis: {message}", file=sys.stderr)
    return 1


def _sentence(error: Exception) -> str:
    """What went wrong, and for a full disk what to do; errors of Trellis say that already."""
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or isinstance(error.__cause__, DiskFull):
        return f"The disk is full ({said}): free some space, and start again."
    return str(error).strip() or said


if __name__ == "__main__":
    sys.exit(main())
