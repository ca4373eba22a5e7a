"""A small set of rules to begin with: offered to a model without rules, never forced.

They go into a draft, so that nothing counts before somebody looked at it and published it.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts.types import Actor
from trellis.core.errors import Conflict
from trellis.events import names
from trellis.scoring import actions, drafts
from trellis.scoring.drafting import ModelDraft, RuleDraft

Rule = dict[str, Any]


def _did(kind: str, name: str, n: int = 1, days: int = 0, filter: Rule | None = None) -> Rule:
    event: Rule = {"type": kind, "name": name}
    if filter:
        event["filter"] = {"all": [filter]}
    leaf: Rule = {"event": event, "op": "count_gte", "value": n}
    if days:
        leaf["within"] = {"n": days, "unit": "day"}
    return {"all": [leaf]}


_PRICES = {"field": "prop.path", "op": "contains", "value": "pric"}


def offered() -> list[RuleDraft]:
    """The rules, in the reader's language."""
    return [
        RuleDraft(
            name=_("Can be reached by email"),
            bucket="demographic",
            points=5,
            rule={"all": [{"field": "contact.email", "op": "not_empty"}]},
            priority=10,
        ),
        RuleDraft(
            name=_("Studied the prices"),
            bucket="interest",
            points=20,
            rule=_did("page", "Page Viewed", filter=_PRICES),
            priority=20,
        ),
        RuleDraft(
            name=_("Downloaded something"),
            bucket="interest",
            points=10,
            rule=_did("track", "File Downloaded"),
            priority=30,
        ),
        RuleDraft(
            name=_("Read a block of articles"),
            bucket="interest",
            points=15,
            rule=_did("track", "Page Read", 3, 60),
            priority=40,
        ),
        RuleDraft(
            name=_("Filled in a form"),
            bucket="engagement",
            points=10,
            rule=_did("track", names.FORM_SUBMITTED),
            priority=50,
        ),
        RuleDraft(
            name=_("Clicked in a message this quarter"),
            bucket="engagement",
            points=5,
            rule=_did("system", names.MESSAGE_CLICKED, 1, 90),
            priority=60,
        ),
        RuleDraft(
            name=_("Looked around in the last two weeks"),
            bucket="engagement",
            points=5,
            rule=_did("page", "Page Viewed", 3, 14),
            priority=70,
        ),
        RuleDraft(
            name=_("Unsubscribed"),
            bucket="engagement",
            points=-10,
            rule=_did("system", names.UNSUBSCRIBED),
            priority=80,
        ),
    ]


def offer(actor: Actor, model_id: int) -> None:
    """Put the starter rules into the draft of a model that has no rules. Raises
    ``Conflict`` where it has some."""
    _model, rows, _refs = drafts.shown(actions.find_model(model_id))
    if rows:
        raise Conflict(_("This model has rules already."))
    for draft in offered():
        drafts.save_rule(actor, model_id, draft)
    drafts.save_settings(actor, model_id, ModelDraft(warm_from=20, hot_from=45))
