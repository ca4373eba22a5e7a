"""The lifecycle of the demo company: a second line for shops and restaurants, limits, a
reason with a rule; and what became of its leads: won, lost, qualified, owned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from trellis.accounts.models import User
from trellis.accounts.types import SYSTEM
from trellis.core import db, sql
from trellis.leads import actions
from trellis.leads.actions import LineDraft, ReasonDraft
from trellis.leads.actions.qualification import ensure_attribute
from trellis.leads.models import Line, Question, Stage
from trellis.leads.queries import line as line_of

_SQL = sql.load(__package__, "leads")
WHOLESALE = "wholesale"
LIMITS = {"lead": 120, "mql": 100, "sql": 60, "intention": 45}
"""Stage of the default line to the days after which a lead in it is stuck: some dozens are."""

ENTRY: dict[str, Any] = {
    "any": [
        {"field": "attr.trade_fair", "op": "eq", "value": True},
        {
            "all": [
                {"field": "attr.level", "op": "eq", "value": "professional"},
                {"field": "temperature", "op": "in", "value": ["warm", "hot"]},
            ]
        },
    ]
}
PROMISING: dict[str, Any] = {
    "all": [{"field": "temperature", "op": "in", "value": ["warm", "hot"]}]
}
SERIOUS: dict[str, Any] = {"all": [{"field": "temperature", "op": "eq", "value": "hot"}]}
TEACHERS: dict[str, Any] = {
    "all": [{"field": "contact.email", "op": "ends_with", "value": "@competitor.example"}]
}


def define() -> None:
    """Lines, limits and reasons; call in the transaction that loads the demo."""
    Line.objects.filter(default=True).update(name="Courses and shop")
    for key, days in LIMITS.items():
        Stage.objects.filter(line__default=True, key=key).update(limit_days=days)
    made = actions.add_line(SYSTEM, WHOLESALE, LineDraft(name="Wholesale"))
    Line.objects.filter(pk=made.pk).update(entry=ENTRY)
    Stage.objects.filter(line=made, key="mql").update(rule=PROMISING)
    Stage.objects.filter(line=made, key="sql").update(rule=SERIOUS, automatic="propose")
    unfit = ReasonDraft(kind="disqualified", name="Works for a competitor")
    row = actions.save_reason(SYSTEM, unfit)
    type(row).objects.filter(pk=row.pk).update(rule=TEACHERS)
    for question in Question.objects.filter(line__default=True):
        ensure_attribute(question)


def grow_old(first: int, now: datetime) -> None:
    """What happened to the leads of contacts from ``first`` on, once rules placed them."""
    marta = User.objects.get(email="marta@farina.example")
    sales = User.objects.filter(role="sales", email__endswith="@farina.example")
    params: dict[str, Any] = {
        "first": first,
        "now": now,
        "line": line_of(WHOLESALE).pk,
        "default": line_of().pk,
        "actor": f"user:{marta.pk} {marta.name}",
        "sales": list(sales.order_by("id").values_list("id", flat=True)),
    }
    for name in ("age_line", "won", "owners", "ended", "answers"):
        db.run(_SQL[name], params)
