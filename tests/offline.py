"""Settings without a database, for checks that must not look for one."""

from __future__ import annotations

from typing import Any

from trellis.config.settings import *  # noqa: F403  # the same settings, less the database

DATABASES: dict[str, Any] = {}
