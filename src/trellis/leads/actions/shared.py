"""What the actions on leads share: finding lines and stages, names, and saving only what
nobody else changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import versions
from trellis.core.errors import InvalidInput, NotFound
from trellis.leads.models import Line, Stage
from trellis.leads.types import LineSpec, StageSpec


def default_line() -> LineSpec:
    """The default line with its live stages. Raises ``NotFound`` where there is none."""
    return line_spec()


def line_row(key: str = "") -> Line:
    """A live line by key, the default one for "". Raises ``NotFound``."""
    rows = Line.objects.filter(archived_at__isnull=True)
    found = rows.filter(key=key) if key else rows.filter(default=True)
    row = found.order_by("id").first()
    if row is None:
        raise NotFound(_("There is no business line %(key)s.") % {"key": key}, line=key)
    return row


def line_spec(key: str = "") -> LineSpec:
    """A line with its live stages, without their rules. Raises ``NotFound``."""
    return spec_of(line_row(key))


def spec_of(line: Line) -> LineSpec:
    """A line with its live stages, without their rules."""
    rows = line.stages.filter(archived_at__isnull=True).order_by("rank", "id")
    stages = tuple(StageSpec(row.pk, row.key, row.name, row.rank, row.kind) for row in rows)
    return LineSpec(line.pk, stages, line.key, line.default)


def split(path: str) -> tuple[str, str]:
    """The keys of line ("" is the default one) and stage in ``stage`` or ``line/stage``."""
    line, slash, stage = path.rpartition("/")
    return (line, stage) if slash else ("", path)


def find(path: str) -> tuple[LineSpec, StageSpec]:
    """The line and the live stage of a path. Raises ``NotFound``."""
    line_key, key = split(path)
    line = line_spec(line_key)
    return line, live(line, key)


def live(line: LineSpec, key: str) -> StageSpec:
    """A live stage of a line by key. Raises ``NotFound``."""
    for stage in line.stages:
        if stage.key == key:
            return stage
    raise NotFound(_("There is no stage %(key)s.") % {"key": key}, stage=key)


def stage_row(path: str) -> Stage:
    """The row of a live stage by its path. Raises ``NotFound``."""
    line_key, key = split(path)
    row = Stage.objects.filter(
        line=line_row(line_key), key=key, archived_at__isnull=True
    ).first()
    if row is None:
        raise NotFound(_("There is no stage %(key)s.") % {"key": key}, stage=key)
    return row


def fresh(kind: str, row: Any, version: int | None, wanted: Mapping[str, Any] | None) -> None:
    """Refuse to write over what somebody else saved (``accounts.versions``); ``wanted`` None
    takes the row out of use."""
    stands = {name: getattr(row, name) for name in wanted or ()}
    versions.check(row.version, version, stands, wanted, of=(kind, row.pk))


def checked_key(key: str) -> str:
    """A key of letters, digits, hyphens and underscores. Raises ``InvalidInput``."""
    if not key or len(key) > 64 or not key.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(_("A key has letters, digits and hyphens."), key=key)
    return key


def checked_name(name: str, most: int = 120) -> str:
    """A name without space around it. Raises ``InvalidInput``."""
    found = name.strip()
    if not 0 < len(found) <= most:
        raise InvalidInput(_("A name has 1 to %(n)d characters.") % {"n": most}, name=name)
    return found
