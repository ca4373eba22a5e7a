"""The trellis command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    print("trellis: no command yet", file=sys.stderr)
    return 2
