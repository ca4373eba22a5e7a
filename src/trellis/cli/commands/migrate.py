"""migrate: bring the database to this code's schema, one process at a time."""

from __future__ import annotations

import argparse
import os
from typing import Any

from django.core.management import call_command

from trellis.cli import database
from trellis.cli.commands import Verbs, report
from trellis.cli.commands.web import newer
from trellis.core import db, schema
from trellis.core.errors import Unavailable

LOCK = 7_300
"""Held while migrations run, so that two starts do not run them at once."""


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare migrate."""
    verb = verbs.add_parser("migrate", parents=[common], help="run the database's migrations")
    verb.add_argument("--first-login", action="store_true", help=argparse.SUPPRESS)
    verb.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Migrate; at a first start also make the first login and load the demo."""
    with database.at_hand():
        outcome: dict[str, Any] = {"migrated": migrate()}
        if args.first_login:
            from trellis.cli import first

            outcome["login"] = first.login(demo=args.demo)
            if outcome["login"] and not args.demo:
                first.start_set()
            if args.demo:
                outcome["demo"] = first.load_demo()
    report(args, outcome, f"{outcome['migrated']} migrations were run; the schema is level.")
    return 0


def migrate() -> int:
    """Run what is missing under a lock; returns how many. Refuses a newer database."""
    os.environ.setdefault("PGOPTIONS", "-c citus.multi_shard_modify_mode=sequential")
    with db.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        found = schema.state()
        if found.unknown:
            raise Unavailable(newer(found))
        if found.missing:
            call_command("migrate", verbosity=0, interactive=False)
    return len(found.missing)
