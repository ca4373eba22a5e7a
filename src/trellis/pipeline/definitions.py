"""What a batch derives by: fields, score model, stages and segments of one epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import structlog
from django.db import connection

from trellis.core import counters, locks
from trellis.core.jobs import enqueue
from trellis.leads import compute as leads
from trellis.leads.models import Line, Reason, Stage
from trellis.leads.types import LineSpec
from trellis.rules import registry
from trellis.rules.counted import read_by
from trellis.rules.registry import Fields
from trellis.rules.types import Rule
from trellis.scoring import compute as scoring
from trellis.scoring.models import ScoreRule
from trellis.scoring.types import ModelSpec
from trellis.segments import compute as segments
from trellis.segments.models import Segment
from trellis.segments.types import Broken, SegmentSpec

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Definitions:
    """All that derivation needs. ``models`` are the score models in use, without those that
    are frozen; ``lines`` have the default one first; ``layers`` are the segments, each
    reading earlier layers."""

    fields: Fields
    models: tuple[ModelSpec, ...]
    lines: tuple[LineSpec, ...]
    layers: tuple[tuple[SegmentSpec, ...], ...]

    @cached_property
    def segments(self) -> dict[int, SegmentSpec]:
        """The segments that can be derived, by id."""
        return {spec.id: spec for layer in self.layers for spec in layer}

    @cached_property
    def heard(self) -> frozenset[str]:
        """Names of our own events that change something which a rule in use reads."""
        read = {field for rule in self._rules() for field in read_by(rule, self.fields)}
        return frozenset(name for field in read for name in field.moved_by)

    def _rules(self) -> Iterator[Rule]:
        found: list[Rule | None] = [spec.rule for layer in self.layers for spec in layer]
        found += [rule.rule for model in self.models for rule in model.rules]
        for line in self.lines:
            found += [line.entry, *(reason.rule for reason in line.unfit)]
            found += [rule for stage in line.stages for rule in (stage.rule, stage.gate)]
        return (rule for rule in found if rule is not None)


def current() -> Definitions:
    """The definitions of the current epoch; call where the epoch cannot change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM core_instance WHERE id = 1")
        (epoch,) = cursor.fetchone()
    return _KEPT.at(int(epoch))


def at(epoch: int) -> Definitions:
    """The definitions of an epoch that is known to be the current one."""
    return _KEPT.at(epoch)


def load() -> Definitions:
    """Read all definitions; what is broken is marked so, counted, and left out: its last
    result stays as it is. What is mended is built again."""
    fields = registry.snapshot()
    models, bad_rules = scoring.load(fields)
    lines, bad_leads = leads.load(fields)
    layers, bad_segments = segments.load(fields)
    _mark_rules(bad_rules)
    _mark_leads(bad_leads)
    _mark_segments(bad_segments)
    return Definitions(
        fields=fields,
        models=tuple(model for model in models if not model.broken),
        lines=lines,
        layers=tuple(tuple(layer) for layer in layers),
    )


_KEPT: locks.Definitions[Definitions] = locks.Definitions(load)


def _mark_rules(broken: Iterable[scoring.BrokenRule]) -> None:
    found = dict(broken)
    if ScoreRule.objects.exclude(pk__in=found).exclude(broken="").update(broken=""):
        enqueue("pipeline.recompute", once="recompute")
    for id_, why in found.items():
        if ScoreRule.objects.filter(pk=id_).exclude(broken=why).update(broken=why):
            _shout("score_rule", id_, why)


def _mark_leads(broken: Iterable[leads.Broken]) -> None:
    for kind, model, column in (
        ("stage", Stage, "rule_broken"),
        ("line", Line, "entry_broken"),
        ("reason", Reason, "rule_broken"),
    ):
        found = {item.id: item.why for item in broken if item.kind == kind}
        mended = model._default_manager.exclude(pk__in=found).exclude(**{column: ""})
        if mended.update(**{column: ""}):
            enqueue("pipeline.recompute", once="recompute")
        for id_, why in found.items():
            rows = model._default_manager.filter(pk=id_).exclude(**{column: why})
            if rows.update(**{column: why}):
                _shout(kind, id_, why)


def _mark_segments(broken: Iterable[Broken]) -> None:
    found = {item.id: item.why for item in broken}
    mended = Segment.objects.filter(status="broken").exclude(pk__in=found)
    for id_ in list(mended.values_list("pk", flat=True)):
        Segment.objects.filter(pk=id_).update(status="building", why="", progress=0)
        enqueue("pipeline.build_segment", once=f"segment-{id_}", segment_id=id_)
    for id_, why in found.items():
        rows = Segment.objects.filter(pk=id_).exclude(status="broken", why=why)
        if rows.update(status="broken", why=why):
            _shout("segment", id_, why)


def _shout(kind: str, id_: int, why: str) -> None:
    log.error("definition_broken", kind=kind, id=id_, why=why)
    counters.add({("definition_broken", kind): 1})
