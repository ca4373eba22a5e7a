"""What the database's schema says about itself: behind this code, ahead of it, or level."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@dataclass(frozen=True, kw_only=True)
class State:
    """``missing``: migrations to run; ``unknown``: those only a newer Trellis has."""

    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def level(self) -> bool:
        """Whether code and database agree."""
        return not self.missing and not self.unknown


def state() -> State:
    """Compare the migrations on disk with those the database has seen."""
    loader = MigrationExecutor(connection).loader
    assert loader.disk_migrations is not None, "the loader has read the disk"
    applied = set(loader.applied_migrations)
    known = set(loader.disk_migrations)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("trellis.")}
    wanted = {key for key in known if key not in applied}
    return State(
        missing=tuple(sorted(f"{app}.{name}" for app, name in wanted)),
        unknown=tuple(sorted(f"{app}.{name}" for app, name in applied - known if app in ours)),
    )
