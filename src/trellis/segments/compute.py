"""Membership as SQL: which segments can be derived, in which order, as boolean columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from trellis.rules import types
from trellis.rules.compiler import Compiler
from trellis.rules.counted import pending
from trellis.rules.parse import parse
from trellis.rules.registry import Field
from trellis.rules.types import Rule, RuleError
from trellis.segments.models import Segment
from trellis.segments.types import Broken, SegmentSpec

MASK = 31
"""Conditions of which a move says whether they held; a rule with more does not say."""


def load(fields: Mapping[str, Field]) -> tuple[list[list[SegmentSpec]], list[Broken]]:
    """All dynamic segments in layers (each reads only earlier layers), and the broken ones.

    A segment is broken where its rule no longer parses, where it reads itself over any
    way, or where a segment that it reads is broken. A segment waits, in no layer and as it
    stands, while a signal that it reads is still counting the past, and where somebody
    stopped its building.
    """
    specs: dict[int, SegmentSpec] = {}
    broken: dict[int, str] = {}
    stopped: set[int] = set()
    rows = Segment.objects.filter(kind="dynamic", archived_at__isnull=True)
    for row in rows.order_by("id"):
        try:
            rule = parse(row.rule, fields, stored=True)
        except RuleError as error:
            broken[row.pk] = str(error)
        else:
            specs[row.pk] = SegmentSpec(
                row.pk,
                row.key,
                row.name,
                rule,
                segments_read(rule, fields),
                row.built_at is not None or row.status == "live",
                row.version,
            )
            if row.status == "stopped":
                stopped.add(row.pk)
    waiting = stopped | {id_ for id_, spec in specs.items() if pending(spec.rule, fields)}
    layers = _layers(specs, broken, waiting)
    return layers, [Broken(id_, why) for id_, why in sorted(broken.items())]


def segments_read(rule: Rule, fields: Mapping[str, Field]) -> frozenset[int]:
    """Ids of the segments a rule names."""
    found = set()
    for leaf in types.leaves(rule):
        if leaf.type == types.SEGMENT and isinstance(leaf.value, tuple):
            for key in leaf.value:
                choice = fields[leaf.field].choice(str(key))
                if choice is not None:
                    found.add(int(choice.id))
    return frozenset(found)


def _layers(
    specs: dict[int, SegmentSpec], broken: dict[int, str], waiting: set[int]
) -> list[list[SegmentSpec]]:
    """Sorts into layers; adds to ``broken`` and ``waiting`` what reads such segments."""
    left = dict(specs)
    layers: list[list[SegmentSpec]] = []
    while left:
        for id_, spec in specs.items():
            if id_ in left and (bad := spec.reads & broken.keys()):
                broken[id_] = _("reads segment %(id)s, which is broken") % {"id": min(bad)}
                del left[id_]
            elif id_ in left and (id_ in waiting or spec.reads & waiting):
                waiting.add(id_)
                del left[id_]
        ready = [spec for spec in left.values() if not spec.reads & left.keys()]
        if not ready:
            for id_ in left:
                broken[id_] = _("reads itself, directly or through other segments")
            break
        layers.append(ready)
        for spec in ready:
            del left[spec.id]
    return layers


def columns(compiler: Compiler, layer: Iterable[SegmentSpec]) -> list[str]:
    """One boolean column per segment of a layer, named by ``column``."""
    return [f"{compiler.predicate(spec.rule)} AS {column(spec.id)}" for spec in layer]


def column(segment_id: int) -> str:
    """The name of a segment's column."""
    return f"s{int(segment_id)}"


def held(compiler: Compiler, spec: SegmentSpec, settled: str, members: str) -> str:
    """SQL of which conditions of a segment hold, where membership moves now, else NULL: the
    segment's id above ``MASK`` bits, one for each condition from left to right.

    ``settled`` is the segment's column, ``members`` the array of segments before.
    """
    parts = [
        f"CASE WHEN {compiler.predicate(leaf)} THEN {1 << bit} ELSE 0 END"
        for bit, leaf in enumerate(types.leaves(spec.rule))
    ]
    bits = " | ".join(["0::bigint", *parts]) if len(parts) <= MASK else "0::bigint"
    return (
        f"CASE WHEN {settled} <> ({spec.id} = ANY({members}))"
        f" THEN {spec.id << MASK} | {bits} END"
    )


def ids_array(columns_of: Sequence[tuple[int, str]]) -> str:
    """SQL of the sorted ids of those segments whose column is true."""
    if not columns_of:
        return "'{}'::int[]"
    parts = [f"CASE WHEN {name} THEN {int(id_)} END" for id_, name in sorted(columns_of)]
    return f"array_remove(ARRAY[{', '.join(parts)}], NULL)"
