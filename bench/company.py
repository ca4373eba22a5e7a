"""What a company that uses Trellis has defined: 12 score rules, 50 segments, 20 journeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WINDOWS = (7, 14, 30)
CITIES = ("Beijing", "Girona", "Berlin", "Boston", "Kazan")
JOURNEY = """
key: j{n}
name: Journey {n}
entry:
  - event: {{type: track, name: Form Started,
      filter: {{all: [{{field: prop.path, op: eq, value: /p/{path}}}]}}}}
  - segment: {{entered: seg-{n}}}
re_entry: {{mode: after, days: 30}}
exit: {{all: [{{field: attr.revenue, op: gt, value: 100000}}]}}
steps:
  - {{id: pause, wait: {{for: 2 days}}}}
  - id: split
    branch:
      - {{name: warm, when: {{all: [{{field: score, op: gte, value: 30}}]}},
          steps: [{{id: mark, set: {{attribute: topic, value: pastry}}}}]}}
      - {{name: otherwise, steps: [{{id: wait-more, wait: {{for: 3 days}}}}]}}
  - {{id: done, exit: {{reason: done}}}}
"""


def define(signals: Mapping[str, int]) -> None:
    """Write the definitions and derive everybody once by them."""
    from bench.everybody import derive_everybody
    from trellis.accounts.types import SYSTEM
    from trellis.core import locks
    from trellis.journeys import actions as journeys
    from trellis.people.models import Attribute
    from trellis.scoring.models import ScoreModel, ScoreRule
    from trellis.segments.models import Segment

    model = ScoreModel.objects.get(default=True)
    model.rules.all().delete()
    ScoreRule.objects.bulk_create([ScoreRule(model=model, **rule) for rule in rules(signals)])
    for n, rule in enumerate(segments()):
        Segment.objects.create(key=f"seg-{n}", name=f"Segment {n}", rule=rule, status="live")
    Attribute.objects.create(key="topic", label="Topic", type="text")
    locks.forget_definitions()
    derive_everybody()
    for n in range(20):
        made = journeys.create(SYSTEM, JOURNEY.format(n=n, path=n % 16))
        journeys.publish(SYSTEM, made.pk)


def rules(signals: Mapping[str, int]) -> list[dict[str, Any]]:
    """Twelve score rules: four on attributes, eight on behaviour."""
    fit = [
        ("revenue", "demographic", 10, leaf("attr.revenue", "gt", 100)),
        ("city", "demographic", 2, leaf("contact.city", "eq", "Beijing")),
        ("industry", "interest", 5, leaf("attr.industry", "eq", "food")),
        ("employees", "demographic", 3, leaf("attr.employees", "gte", 250)),
    ]
    did = [
        ("page-viewed", 1, 20, 30, None),
        ("price-list-viewed", 10, 20, 60, None),
        ("article-read", 2, 10, 60, None),
        ("product-viewed", 1, 15, None, 30),
        ("added-to-cart", 8, 24, 30, None),
        ("page-1", 3, 9, 14, None),
        ("page-2", 3, 9, 14, None),
        ("form-started", 5, 10, 30, None),
    ]
    return [
        {"name": name, "bucket": bucket, "points": points, "rule": rule}
        for name, bucket, points, rule in fit
    ] + [
        {
            "name": key, "bucket": "engagement", "points": points, "signal_id": signals[key],
            "cap": cap, "window_days": window, "decay_days": decay,
        }
        for key, points, cap, window, decay in did
    ]  # fmt: skip


def segments() -> list[dict[str, Any]]:
    """Fifty segments of one to three conditions, half of them with a window."""
    out: list[dict[str, Any]] = []
    for n in range(20):
        behaviour = {
            **leaf(f"signal.page-{n % 10}", "count_gte", 1 + n % 3),
            "within": {"n": WINDOWS[n % 3], "unit": "day"},
        }
        out.append({"all": [leaf("contact.city", "eq", CITIES[n % 5]), behaviour]})
    for n in range(10):
        out.append({"all": [leaf("attr.revenue", "gte", 20 * n), leaf("score", "gte", 5 * n)]})
    for n in range(10):
        bought = {
            **leaf("signal.price-list-viewed", "count_gte", 1 + n % 4),
            "within": {"n": WINDOWS[n % 3], "unit": "day"},
        }
        out.append({"any": [bought, leaf("attr.employees", "gt", 490 - n)]})
    for n in range(10):
        out.append(
            {"all": [leaf("contact.known", "eq", True), leaf("score", "gt", 10 + 4 * n)]}
        )
    return out


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    """One condition."""
    return {"field": field, "op": op, "value": value}
