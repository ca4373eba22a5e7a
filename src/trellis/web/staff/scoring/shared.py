"""What the pages of scores share: finding the model, numbers of forms, what would change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.people import queries as people
from trellis.scoring.models import ScoreModel
from trellis.scoring.preview import Impact
from trellis.web.staff.conflict import clash


def model_of(model_id: int | None) -> ScoreModel:
    """The model, or the default one; raises ``NotFound``."""
    rows = ScoreModel.objects.order_by("pk")
    found = (rows.filter(pk=model_id) if model_id else rows.filter(default=True)).first()
    if found is None:
        raise NotFound(_("There is no score model."))
    return found


def number(text: str) -> int | None:
    """A whole number of a form field; None where it was left empty."""
    text = text.strip().replace("−", "-")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(_("%(text)s is not a whole number.") % {"text": text}) from None


def whole(text: str) -> int:
    """A whole number of a form field that must not be empty."""
    found = number(text)
    if found is None:
        raise InvalidInput(_("A number is missing."))
    return found


def shown(impact: Impact) -> dict[str, Any]:
    """The context of ``impact.html``."""
    after, before = impact.after or {}, impact.before or {}
    return {
        "impact": impact,
        "turns": [
            (name, before.get(name, 0), after.get(name, 0)) for name in ("hot", "warm", "cold")
        ],
        "names": {
            person.contact_id: person
            for person in people.by_ids([one.contact_id for one in impact.people])
        },
        "bars": {
            "labels": [_band(band.low, impact.step) for band in impact.bands],
            "series": [
                {"name": _("now"), "data": [band.before for band in impact.bands]},
                {"name": _("then"), "data": [band.after for band in impact.bands]},
            ],
        },
    }


def _band(low: int, step: int) -> str:
    return f"{low}…{low + step - 1}".replace("-", "−")


def fault(error: TrellisError) -> dict[str, Any]:
    """An error as the pages show it: what is wrong, or where somebody else was quicker, what
    differs."""
    found = clash(error)
    return {"clash": found} if found else {"problems": [error.message]}
