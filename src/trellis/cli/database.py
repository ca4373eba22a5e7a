"""Reaching the database from a command: found out at once, said in a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings

from trellis.cli import folder
from trellis.core import db, postgres, tuning
from trellis.core.errors import Unavailable

OLDEST = postgres.OLDEST


def setup(*, pool: bool = False) -> None:
    """Set Django up; a short command needs no pool of connections."""
    import django

    load_settings()
    if not pool:
        settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    django.setup()


def load_settings() -> None:
    """Name the settings module, and read it now, so that a bad value is said first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trellis.config.settings")
    _ = settings.TRELLIS_DATA


def probe() -> None:
    """Check that the database answers and is new enough; raises ``Unavailable``."""
    try:
        with db.connect() as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise Unavailable(_why(error)) from None
    if version < OLDEST:
        raise Unavailable(
            f"PostgreSQL {version} is too old: Trellis needs {OLDEST} or newer."
            " Upgrade it, or point DATABASE_URL at another."
        )


@contextmanager
def at_hand() -> Iterator[None]:
    """Set up for a command: where the embedded database is at rest, start it meanwhile."""
    setup()
    if not settings.TRELLIS_EMBEDDED or postgres.embedded(settings.TRELLIS_DATA).answers():
        probe()
        yield
        return
    with folder.locked(settings.TRELLIS_DATA):
        server = start_embedded()
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()
            server.stop()


def start_embedded() -> postgres.Server:
    """Start the embedded server of the data folder, which the caller has locked."""
    data = settings.TRELLIS_DATA
    folder.check_room(data, settings.TRELLIS_MIN_FREE_MB)
    server = postgres.settle(data)
    server.start(tuning.settings(), data / "logs" / "postgres.log")
    server.ensure_database()
    return server


def _why(error: psycopg.OperationalError) -> str:
    said = str(error).strip().splitlines()
    detail = said[-1].strip() if said else "it did not say why"
    if settings.TRELLIS_EMBEDDED:
        return (
            f"The database of {settings.TRELLIS_DATA} does not run: start it with"
            f" trellis up, or set DATABASE_URL. ({detail})"
        )
    return f"The database of DATABASE_URL cannot be used: {detail}"
