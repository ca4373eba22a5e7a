"""The kinds of steps: one row per file in ``steps``. No step knows another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trellis.journeys.steps import (
    branch,
    end,
    goal,
    jump,
    notify,
    score,
    send,
    set_attribute,
    stage,
    tag,
    wait,
)
from trellis.journeys.types import Kind

STEPS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            send.KIND,
            wait.KIND,
            branch.KIND,
            set_attribute.KIND,
            tag.KIND,
            stage.KIND,
            score.KIND,
            notify.KIND,
            jump.KIND,
            goal.KIND,
            end.KIND,
        )
    }
)
