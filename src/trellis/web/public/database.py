"""Connections of the event loop, beside those of Django's threads."""

from __future__ import annotations

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo


async def connect() -> psycopg.AsyncConnection[tuple[object, ...]]:
    """A connection to the instance's database whose commits are durable when they return."""
    settings = connections["default"].settings_dict
    more = {key: value for key, value in settings["OPTIONS"].items() if isinstance(value, str)}
    info = make_conninfo(
        **{
            **more,
            "host": settings["HOST"] or None,
            "port": settings["PORT"] or None,
            "user": settings["USER"] or None,
            "password": settings["PASSWORD"] or None,
            "dbname": settings["NAME"],
            "application_name": "trellis-collector",
            "connect_timeout": 3,
            "options": "-c synchronous_commit=on",
        }
    )
    return await psycopg.AsyncConnection.connect(info, autocommit=True)
