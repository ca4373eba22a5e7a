"""What people write about score models, read into rows and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import versions
from trellis.core.errors import InvalidInput
from trellis.core.slugs import slug
from trellis.events.models import Signal
from trellis.rules.types import Rule, to_json
from trellis.scoring.companies import WAYS
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.types import BUCKETS, OCCURRENCE, POINTS_LIMIT, VALUE

RULE_FIELDS = (
    "name",
    "bucket",
    "group",
    "points",
    "rule",
    "signal_id",
    "per",
    "cap",
    "window_days",
    "decay_days",
    "priority",
    "active",
)
"""What a person decides about a rule."""

MODEL_FIELDS = (
    "name",
    "line_id",
    "warm_from",
    "hot_from",
    "caps",
    "grades",
    "groups",
    "least",
    "most",
    "company_by",
)
"""What a person decides about a model."""

UNSET: Any = object()
"""A setting that stays as it is, where None means something."""


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """A score rule as a person wrote it; see ``models.ScoreRule``. ``signal`` is a key."""

    name: str
    bucket: str
    points: int
    rule: Mapping[str, Any] | None = None
    signal: str = ""
    per: str = OCCURRENCE
    cap: int | None = None
    window_days: int | None = None
    decay_days: int | None = None
    priority: int = 100
    active: bool = True
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelDraft:
    """The settings of a model; None leaves a setting as it is. ``least``, ``most`` and
    ``line_id`` may be None themselves, so ``UNSET`` leaves those as they are."""

    name: str | None = None
    key: str | None = None
    line_id: int | None = UNSET
    warm_from: int | None = None
    hot_from: int | None = None
    caps: Mapping[str, int] | None = None
    grades: Mapping[str, Sequence[int]] | None = None
    groups: Sequence[Mapping[str, Any]] | None = None
    least: int | None = UNSET
    most: int | None = UNSET
    company_by: str | None = None


def settings_of(model: ScoreModel) -> dict[str, Any]:
    """The settings of a model."""
    return {name: getattr(model, name) for name in MODEL_FIELDS}


def rule_values(row: ScoreRule) -> dict[str, Any]:
    """What a person decided about a rule."""
    return {name: getattr(row, name) for name in RULE_FIELDS}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Name to (before, after) of what differs."""
    return {
        name: [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value
    }


def check_version(
    version: int | None,
    row: ScoreModel | ScoreRule,
    stands: Mapping[str, Any],
    wanted: Mapping[str, Any] | None,
) -> None:
    """Refuse to write over what somebody else saved meanwhile (``accounts.versions``); rows
    of a draft, which the audit trail does not hold, say themselves who changed them."""
    kind = "score_model" if isinstance(row, ScoreModel) else "score_rule"
    versions.check(
        row.version,
        version,
        stands,
        wanted,
        of=(kind, row.pk),
        by=row.changed_by,
        at=row.changed_at,
    )


def apply(model: ScoreModel, draft: ModelDraft) -> None:
    """Take the settings into the row, unsaved. Raises ``InvalidInput``."""
    for name in ("name", "warm_from", "hot_from"):
        value = getattr(draft, name)
        if value is not None:
            setattr(model, name, value.strip() if name == "name" else bounded(value, name))
    for name in ("least", "most"):
        value = getattr(draft, name)
        if value is not UNSET:
            setattr(model, name, None if value is None else bounded(value, name))
    if draft.line_id is not UNSET:
        model.line_id = draft.line_id
    if draft.caps is not None:
        model.caps = {key: bounded(cap, key) for key, cap in draft.caps.items()}
    if draft.grades is not None:
        model.grades = {key: list(borders) for key, borders in draft.grades.items()}
    if draft.groups is not None:
        model.groups = _groups(draft.groups)
    if draft.company_by is not None:
        model.company_by = draft.company_by
    _check(model)


def _groups(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in given:
        name = str(item.get("name", "")).strip()[:60]
        limit = item.get("limit")
        if not name or not isinstance(limit, int) or limit <= 0:
            raise InvalidInput(_("A group has a name and a limit above zero."), field="groups")
        if item.get("bucket") not in BUCKETS:
            raise InvalidInput(_("A group belongs to a bucket."), field="groups")
        key = str(item.get("key") or slug(name))[:40]
        if not key or key in found:
            raise InvalidInput(_("Two groups have the same name."), field="groups")
        found[key] = {
            "key": key,
            "name": name,
            "bucket": item["bucket"],
            "limit": bounded(limit, "groups"),
        }
    return list(found.values())


def _check(model: ScoreModel) -> None:
    if not model.name:
        raise InvalidInput(_("A model needs a name."), field="name")
    if model.warm_from >= model.hot_from:
        raise InvalidInput(_("Warm must begin below hot."), field="warm_from")
    if model.least is not None and model.most is not None and model.least >= model.most:
        raise InvalidInput(_("The least total must lie below the most."), field="least")
    if set(model.caps) - set(BUCKETS):
        raise InvalidInput(_("A cap names a bucket."), field="caps")
    if model.company_by not in WAYS:
        raise InvalidInput(
            _("A company's score is one of %(all)s.") % {"all": ", ".join(WAYS)},
            field="company_by",
        )
    for key, borders in model.grades.items():
        good = key in ("fit", "engagement") and len(borders) == 2
        if not good or not all(isinstance(border, int) for border in borders):
            raise InvalidInput(_("Fit and engagement have two borders each."), field="grades")
        if borders[0] <= borders[1]:
            raise InvalidInput(_("The better grade begins higher."), field="grades")


def fill(row: ScoreRule, draft: RuleDraft, parsed: Rule | None, model: ScoreModel) -> None:
    """Take a rule into the row, unsaved. Raises ``InvalidInput``."""
    if draft.bucket not in BUCKETS:
        raise InvalidInput(
            _("The bucket is one of %(all)s.") % {"all": ", ".join(BUCKETS)}, field="bucket"
        )
    if draft.per not in (OCCURRENCE, VALUE):
        raise InvalidInput(_("Points are per occurrence or per value."), field="per")
    if parsed is None and not draft.signal:
        raise InvalidInput(_("A score rule needs a condition or a signal."), field="rule")
    if draft.group and (draft.group, draft.bucket) not in {
        (group["key"], group["bucket"]) for group in model.groups
    }:
        raise InvalidInput(_("There is no such group in this bucket."), field="group")
    row.name = draft.name.strip()[:120]
    row.bucket, row.per, row.group = draft.bucket, draft.per, draft.group
    row.points = bounded(draft.points, "points")
    row.rule = None if parsed is None else to_json(parsed)
    row.signal_id = _signal(draft.signal) if draft.signal else None
    row.cap = None if draft.cap is None else bounded(draft.cap, "cap")
    row.window_days = _days(draft.window_days, "window_days")
    row.decay_days = _days(draft.decay_days, "decay_days")
    row.priority, row.active = bounded(draft.priority, "priority"), draft.active
    if not row.name:
        raise InvalidInput(_("A score rule needs a name."), field="name")


def new_key(name: str, wanted: str | None) -> str:
    """The key of a new model: as wanted, or made of its name."""
    base = (wanted or slug(name) or "model")[:32]
    taken = set(ScoreModel.objects.values_list("key", flat=True))
    if wanted and (wanted in taken or wanted != slug(wanted)):
        raise InvalidInput(
            _("A key is of small letters, and no other model has it."), field="key"
        )
    key, n = base, 1
    while key in taken:
        n += 1
        key = f"{base}-{n}"
    return key


def _signal(key: str) -> int:
    found = Signal.objects.filter(key=key).exclude(status="broken").first()
    if found is None:
        raise InvalidInput(_("There is no signal %(key)s.") % {"key": key}, field="signal")
    return int(found.pk)


def bounded(value: int, field: str) -> int:
    """A number of points; raises ``InvalidInput`` beyond a million."""
    if abs(value) > POINTS_LIMIT:
        raise InvalidInput(_("Points are whole numbers of a million at most."), field=field)
    return value


def _days(value: int | None, field: str) -> int | None:
    if value is not None and not 0 < value <= 3_650:
        raise InvalidInput(_("A number of days is from 1 to 3650."), field=field)
    return value
