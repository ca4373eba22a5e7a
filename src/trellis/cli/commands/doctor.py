"""doctor: names what is wrong, and how to mend it."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from trellis.cli import database
from trellis.cli.commands import Verbs, report

_SIGNS = {"ok": "ok  ", "warn": "note", "fail": "BAD "}


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare doctor."""
    verb = verbs.add_parser(
        "doctor", parents=[common], help="say what is wrong and how to mend it"
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every finding; exit code 1 where something is broken."""
    database.setup()
    from trellis.cli.examine import examine

    found = examine()
    lines = []
    for finding in found:
        lines.append(f"{_SIGNS[finding.state]}  {finding.check}: {finding.found}")
        if finding.mend:
            lines.append(f"      → {finding.mend}")
    healthy = all(finding.state != "fail" for finding in found)
    data = {"healthy": healthy, "findings": [asdict(finding) for finding in found]}
    report(args, data, *lines)
    return 0 if healthy else 1
