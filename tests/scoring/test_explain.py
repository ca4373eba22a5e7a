"""Why 35: each point leads to its rule, and each rule to the events behind it (S7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.world import score_rule
from trellis.core import clock
from trellis.events import inbox, signals, types
from trellis.events.types import Fact
from trellis.people.models import Identity
from trellis.pipeline.drain import drain
from trellis.scoring.explain import explain

pytestmark = pytest.mark.django_db


def happened(name: str, hours_ago: int, **props: object) -> Fact:
    return Fact(
        message_id=f"{name}-{hours_ago}",
        type=types.TRACK,
        name=name,
        at=(clock.now() - timedelta(hours=hours_ago)).timestamp(),
        ids=(("user_id", "ann"),),
        props=dict(props),
    )


def test_a_rule_shows_the_events_it_counted_and_no_others() -> None:
    wide = {"field": "prop.kind", "op": "eq", "value": "wide"}
    bought = signals.ensure("track", "Bought", {"all": [wide]})
    score_rule("engagement", 5, signal_id=bought.pk)
    inbox.put(
        [
            happened("Bought", 3, kind="wide", title="Оven 王"),
            happened("Bought", 2, kind="narrow", title="Spoon"),
            happened("Looked", 1, kind="wide", title="Window"),
        ]
    )
    drain()
    ann = Identity.objects.get(value="ann").contact_id
    told = explain(ann, clock.now())
    assert told is not None
    (rule,) = [one for one in told.rules if one.points]
    assert rule.points == 5
    assert [(event.name, event.about) for event in rule.events] == [("Bought", "Оven 王")]


def test_a_condition_on_behaviour_shows_what_it_reads() -> None:
    bought = signals.ensure("track", "Bought")
    rule = {"field": f"signal.{bought.key}", "op": "count_gte", "value": 2}
    score_rule("interest", 7, rule=rule)
    inbox.put([happened("Bought", 5, title="First"), happened("Bought", 1, title="Second")])
    drain()
    told = explain(Identity.objects.get(value="ann").contact_id, clock.now())
    assert told is not None
    (found,) = [one for one in told.rules if one.points]
    assert [event.about for event in found.events] == ["Second", "First"]


def test_a_rule_that_gives_nothing_shows_nothing() -> None:
    bought = signals.ensure("track", "Bought")
    score_rule("engagement", 5, signal_id=bought.pk)
    inbox.put([happened("Looked", 1, title="Window")])
    drain()
    told = explain(Identity.objects.get(value="ann").contact_id, clock.now())
    assert told is not None
    assert all(one.events == () for one in told.rules)
