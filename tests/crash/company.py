"""What the crash test's instance does: one signal, a score, a segment, a journey that mails.

Run in the instance's environment while it is at rest; prints its write key.
"""

from __future__ import annotations

import sys

from trellis.cli import database

EVENT = "Price Viewed"
POINTS, CAP, KEEN = 5, 20, 3
"""Points per event, points at most, events that make somebody keen."""

JOURNEY = f"""
key: prices
name: Prices
entry:
  - event: {{type: track, name: {EVENT}}}
re_entry: {{mode: after_end}}
steps:
  - {{id: mail, send: {{template: prices}}}}
"""


def main() -> None:
    """Make everything."""
    with database.at_hand():
        from trellis.accounts import keys
        from trellis.accounts.types import SYSTEM
        from trellis.events import signals
        from trellis.journeys import actions as journeys
        from trellis.messaging import actions as messages
        from trellis.messaging import policy
        from trellis.pipeline import recompute
        from trellis.scoring import actions as scoring
        from trellis.scoring.drafting import RuleDraft
        from trellis.scoring.models import ScoreModel
        from trellis.segments import actions as segments

        policy.save({"cap_count": 0})
        signal = signals.ensure("track", EVENT, name="Price viewed")
        model, _ = ScoreModel.objects.get_or_create(default=True, defaults={"name": "Score"})
        model.rules.all().delete()
        scoring.save_rule(
            SYSTEM,
            model.pk,
            RuleDraft(
                name="Prices", bucket="engagement", points=POINTS, signal=signal.key, cap=CAP
            ),
        )
        rule = {"field": f"signal.{signal.key}", "op": "count_gte", "value": KEEN}
        segment = segments.create(SYSTEM, key="keen", name="Keen", rule=rule)
        messages.save_template(
            SYSTEM,
            messages.TemplateDraft(
                key="prices",
                name="Prices",
                variants={"": {"subject": "Prices", "html": "<p>Hello</p>", "text": "Hello"}},
            ),
        )
        journeys.publish(SYSTEM, journeys.create(SYSTEM, JOURNEY).pk)
        recompute.build_segment(segment.pk)
        recompute.recompute()
        sys.stdout.write(keys.create(SYSTEM, "write", "Load")[1])


if __name__ == "__main__":
    main()
