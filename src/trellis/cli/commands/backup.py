"""backup and restore: everything in one file, and back from it."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from trellis import __version__
from trellis.cli import archive, database, folder
from trellis.cli.commands import Verbs, report
from trellis.cli.commands.migrate import migrate
from trellis.core import clock, db, postgres
from trellis.core.errors import Conflict, InvalidInput, Unavailable

PAUSED = (
    "This instance was restored from a backup: messages wait until somebody confirms that no"
    " other copy sends them (trellis sending resume)."
)
_MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY id"


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Declare backup, restore and sending."""
    backup = verbs.add_parser("backup", parents=[common], help="write everything into one file")
    backup.add_argument("file", type=Path)
    backup.set_defaults(run=run_backup)
    restore = verbs.add_parser("restore", parents=[common], help="take a backup back")
    restore.add_argument("file", type=Path)
    restore.add_argument(
        "--replace", action="store_true", help="replace what the data folder holds now"
    )
    restore.set_defaults(run=run_restore)
    sending = verbs.add_parser("sending", parents=[common], help="hold or release messages")
    sending.add_argument("act", choices=["status", "pause", "resume"])
    sending.set_defaults(run=run_sending)


def run_backup(args: argparse.Namespace) -> int:
    """Dump the database as it is at one instant, and add files and the secret key."""
    target: Path = args.file.absolute()
    if not target.parent.is_dir():
        raise InvalidInput(f"There is no folder {target.parent}.")
    with database.at_hand(), tempfile.TemporaryDirectory(dir=target.parent) as work:
        dump = Path(work) / archive.DUMP
        archive.run_tool(
            "pg_dump",
            ["--format=custom", f"--file={dump}", "--no-owner", "--no-privileges", _name()],
            settings.DATABASES["default"],
        )
        manifest = archive.Manifest(
            format=archive.FORMAT,
            trellis=__version__,
            postgres=int(db.fetch("SHOW server_version_num")[0][0]) // 10_000,
            taken_at=clock.wall().isoformat(),
            sha256=archive.checksum(dump),
            migrations=[name for (name,) in db.fetch(_MIGRATIONS)],
            contacts=int(db.fetch("SELECT count(*) FROM contact")[0][0]),
        )
        archive.write(target, manifest, dump, settings.TRELLIS_DATA)
    size = target.stat().st_size
    report(
        args,
        {"file": str(target), "bytes": size, "contacts": manifest.contacts},
        f"{target}: {size / 1e6:,.1f} MB, {manifest.contacts:,} contacts.",
        "It holds the secret key and personal data: keep it where only you can read it.",
    )
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Restore into a fresh database, and only then let it take the old one's place."""
    database.load_settings()
    with archive.opened(args.file) as (tar, manifest):
        if settings.TRELLIS_EMBEDDED:
            with folder.locked(settings.TRELLIS_DATA):
                _restore_embedded(args, tar, manifest)
        else:
            _restore_elsewhere(args, tar, manifest)
    report(
        args,
        {"contacts": manifest.contacts, "taken_at": manifest.taken_at, "sending": "paused"},
        f"{manifest.contacts:,} contacts of {manifest.taken_at} are back.",
        PAUSED,
    )
    return 0


def run_sending(args: argparse.Namespace) -> int:
    """Say whether messages go out, hold them back, or release them."""
    with database.at_hand():
        from trellis.accounts.types import SYSTEM
        from trellis.messaging import actions, alarms
        from trellis.messaging.channels.registry import CHANNELS

        for kind in CHANNELS:
            if args.act == "pause":
                actions.pause_channel(SYSTEM, kind, "trellis sending pause")
            elif args.act == "resume":
                actions.resume_channel(SYSTEM, kind)
        why = {alarm.channel: alarm.detail or alarm.reason for alarm in alarms.alarms()}
        held = alarms.paused()
    lines = [f"{kind}: {why[kind]}" for kind in held] or ["Messages go out."]
    report(args, {"paused": bool(held), "why": why}, *lines)
    return 0


def _restore_embedded(args: argparse.Namespace, tar: Any, manifest: archive.Manifest) -> None:
    database.setup()
    server = database.start_embedded()
    try:
        if not args.replace and not _empty():
            raise Conflict(
                f"{settings.TRELLIS_DATA} holds data already: choose another folder with"
                " TRELLIS_DATA, or say --replace."
            )
        with tempfile.TemporaryDirectory(dir=settings.TRELLIS_DATA) as work:
            dump = archive.unpack(tar, Path(work), manifest)
            fresh, final = "trellis_restoring", _name()
            _server_sql(server, "DROP DATABASE IF EXISTS {}", fresh)
            server.ensure_database(fresh)
            _load(dump, fresh)
            connections.close_all()
            _server_sql(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", final)
            _server_sql(server, "ALTER DATABASE {} RENAME TO {}", fresh, final)
            _take_files(Path(work))
        _afterwards()
    finally:
        connections.close_all()
        server.stop()


def _restore_elsewhere(args: argparse.Namespace, tar: Any, manifest: archive.Manifest) -> None:
    database.setup()
    database.probe()
    if not _empty():
        raise Conflict(
            "The database of DATABASE_URL is not empty: make a new one (createdb), and point"
            " DATABASE_URL at it."
        )
    with tempfile.TemporaryDirectory() as work:
        dump = archive.unpack(tar, Path(work), manifest)
        _load(dump, _name())
        _take_files(Path(work))
    _afterwards()


def _load(dump: Path, name: str) -> None:
    archive.run_tool(
        "pg_restore",
        [
            "--exit-on-error",
            "--single-transaction",
            "--no-owner",
            f"--dbname={name}",
            str(dump),
        ],
        settings.DATABASES["default"],
    )


def _afterwards() -> None:
    """This copy is another instance now: it runs this code's schema, and sends nothing yet."""
    from trellis.core import instance
    from trellis.messaging import alarms
    from trellis.messaging.channels.registry import CHANNELS

    migrate()
    instance.renew_fence()
    for kind in CHANNELS:
        alarms.pause(kind, "restore", "restored", PAUSED)


def _take_files(work: Path) -> None:
    data: Path = settings.TRELLIS_DATA
    data.mkdir(parents=True, exist_ok=True)
    if (work / archive.KEY).exists():
        (work / archive.KEY).chmod(0o600)
        shutil.move(work / archive.KEY, data / archive.KEY)
    for name in archive.FILES:
        if (work / name).exists():
            shutil.rmtree(data / name, ignore_errors=True)
            shutil.move(work / name, data / name)


def _empty() -> bool:
    found = db.fetch("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    if not found[0][0]:
        return True
    if not db.fetch("SELECT to_regclass('contact') IS NOT NULL")[0][0]:
        return False
    return (
        not db.fetch("SELECT EXISTS (SELECT 1 FROM contact)")[0][0]
        and not db.fetch("SELECT EXISTS (SELECT 1 FROM accounts_user)")[0][0]
    )


def _name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _server_sql(server: postgres.Server, text: str, *names: str) -> None:
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
            statement = sql.SQL(text).format(*map(sql.Identifier, names))
            admin.execute(statement)
    except psycopg.Error as error:
        raise Unavailable(f"The database could not be put in place: {error}") from None
