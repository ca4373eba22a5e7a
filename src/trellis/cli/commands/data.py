"""import: contacts from a CSV file. export: contacts to one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import BinaryIO

from django.db import connection

from trellis.cli import database
from trellis.cli.commands import Verbs, report
from trellis.core import sql
from trellis.core.errors import InvalidInput, NotFound

_SQL = sql.load("trellis.cli", "export")


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare import and export."""
    reads = verbs.add_parser("import", parents=[common], help="read contacts from a CSV file")
    reads.add_argument("file", type=Path)
    reads.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=FIELD",
        help="what a column means; the rest is guessed. An empty FIELD leaves it out",
    )
    reads.add_argument("--consent", action="append", default=[], metavar="PURPOSE")
    reads.add_argument("--wording", default="", help="the text these people agreed to")
    reads.add_argument("--region", default="", help="country of phone numbers without a code")
    reads.set_defaults(run=run_import)
    writes = verbs.add_parser("export", parents=[common], help="write contacts to a CSV file")
    writes.add_argument("file", help="where to; - is standard output")
    writes.add_argument("--segment", metavar="KEY", help="only the members of a segment")
    writes.set_defaults(run=run_export)


def run_import(args: argparse.Namespace) -> int:
    """Put every row into the inbox; the worker does the rest."""
    with database.at_hand():
        from trellis.accounts.types import SYSTEM
        from trellis.capture.imports import actions, run

        with args.file.open("rb") as file:
            source = actions.create(SYSTEM, args.file.name, file)
        options = {"region": args.region, "consent": args.consent, "wording": args.wording}
        actions.configure(SYSTEM, source.pk, _mapping(args.map), options)
        actions.start(SYSTEM, source.pk)
        done = run.run(source.pk, paced=False)
    data = {
        "id": done.pk,
        "state": done.state,
        "accepted": done.rows_accepted,
        "rejected": done.rows_rejected,
        "why": done.why,
    }
    report(
        args,
        data,
        f"{done.rows_accepted:,} rows were accepted, {done.rows_rejected:,} rejected"
        " (see the import's page).",
        *([done.why] if done.why else []),
    )
    return 0 if done.state == "done" else 1


def run_export(args: argparse.Namespace) -> int:
    """Copy contacts out as the database streams them."""
    with database.at_hand():
        segment = _segment(args.segment) if args.segment else None
        if args.file == "-":
            _copy(segment, sys.stdout.buffer)
            return 0
        with Path(args.file).open("wb") as out:
            rows = _copy(segment, out)
    report(args, {"file": args.file, "rows": rows}, f"{rows:,} contacts: {args.file}")
    return 0


def _copy(segment: int | None, out: BinaryIO) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(_SQL["contacts"], {"segment": segment}) as stream:
            for data in stream:
                out.write(data)
        return int(cursor.rowcount)


def _segment(key: str) -> int:
    from trellis.segments.models import Segment

    found = Segment.objects.filter(key=key, archived_at__isnull=True).first()
    if found is None:
        raise NotFound(f"There is no segment {key!r}.")
    return found.pk


def _mapping(pairs: list[str]) -> dict[str, str]:
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise InvalidInput(f"{wrong[0]!r} is not of the form COLUMN=FIELD.")
    return dict(pair.split("=", 1) for pair in pairs)
