"""What was learnt, and what stood in the way, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.core import db
from trellis.events.models import Signal
from trellis.people.models import Attribute, CompanyAttribute
from trellis.scoring.predict.facts import EARLY, LATE

COMMANDS = ("make predict", "pip install 'trellis[predict]'")
"""How the extra is installed: in a checkout, and beside a package."""


class Names:
    """The names of signals, attributes and sources, read once."""

    def __init__(self) -> None:
        self.signals = {
            f"signal.{pk}": name for pk, name in Signal.objects.values_list("pk", "name")
        }
        self.attributes = {
            f"{prefix}{key}": (label, unit)
            for prefix, rows in (
                ("attr.", Attribute.objects),
                ("company.attr.", CompanyAttribute.objects),
            )
            for key, label, unit in rows.values_list("key", "label", "unit")
        }
        self.sources = dict(db.fetch("SELECT key, name FROM sources_source"))


def why(said: Mapping[str, Any]) -> str:
    """Why nothing was learnt, or why what was learnt was retired; "" for no reason."""
    code = str(said.get("code", ""))
    if code not in _WHY:
        return ""
    numbers = {k: f"{v:.2f}" if isinstance(v, float) else v for k, v in said.items()}
    return _WHY[code]() % numbers


_WHY = {
    "extra": lambda: (
        _("The extra that learns is not installed: %(command)s")
        % {"command": " / ".join(COMMANDS)}
    ),
    "few": lambda: _(
        "There are %(won)d won leads and %(lost)d lost or disqualified ones; at least"
        " %(needed)d of each are needed."
    ),
    "one_class": lambda: _(
        "There are %(won)d won leads and %(lost)d lost or disqualified ones. Without both kinds"
        " nothing tells them apart; at least %(needed)d of each are needed."
    ),
    "chance": lambda: _(
        "What is known tells won from lost leads no better than chance: an area under the curve"
        " of %(auc)s on leads held back, between %(low)s and %(high)s."
    ),
    "nothing": lambda: _("Of %(n)d leads too little was known before their outcome."),
    "stopped": lambda: _("Somebody stopped it."),
    "failed": lambda: _("It failed: %(error)s. The log of the worker says more."),
    "off": lambda: _("It was switched off."),
    "replaced": lambda: _("Version %(by)d took its place."),
    "inputs": lambda: _(
        "%(share)d %% of what it learnt rests on fields or signals that are gone."
    ),
    "drift": lambda: _(
        "Leads look too different from when it was learnt (stability index %(index)s, above 0.25)."
    ),
    "outcomes": lambda: _(
        "On %(n)d outcomes since then its area under the curve was %(auc)s instead of %(was)s."
    ),
}


def name(key: str, item: str, names: Names) -> str:
    """An input in a few words."""
    if key.startswith("signal."):
        label = names.signals.get(key, key)
        window = (
            _("last %(n)d days") % {"n": LATE}
            if item == "late"
            else _("%(from)d to %(to)d days ago") % {"from": LATE + 1, "to": EARLY}
        )
        return f"{label}, {window}"
    if key in names.attributes:
        label = names.attributes[key][0]
        return f"{label}: {_item(item)}" if item else label
    if key == "source":
        return _("came through %(source)s") % {"source": names.sources.get(item, item)}
    if key in ("country", "language"):
        label = _("Country") if key == "country" else _("Language")
        return f"{label}: {item}"
    return _PLAIN[key]() if key in _PLAIN else key


_PLAIN = {
    "email": lambda: _("has an email address"),
    "phone": lambda: _("has a phone number"),
    "company": lambda: _("belongs to a company"),
    "consent": lambda: _("agreed to marketing"),
    "age": lambda: _("days since first seen"),
    "quiet": lambda: _("days without doing anything"),
}
_ABSENT = {
    "email": lambda: _("no email address"),
    "phone": lambda: _("no phone number"),
    "company": lambda: _("no company"),
    "consent": lambda: _("has not agreed to marketing"),
    "quiet": lambda: _("did nothing for 90 days"),
}


def sentence(key: str, item: str, value: float | None, names: Names) -> str:
    """What is true of somebody, in a few words: "Price list: 4 times in the last 14 days"."""
    if key.startswith("signal."):
        return _done(names.signals.get(key, key), item, value)
    if key in ("age", "quiet") and value is not None:
        days = round(math.exp(value) - 1)
        if key == "age":
            return ngettext("known for %(n)d day", "known for %(n)d days", days) % {"n": days}
        return ngettext("did something %(n)d day ago", "did something %(n)d days ago", days) % {
            "n": days
        }
    if value is None:
        if key in _ABSENT:
            return _ABSENT[key]()
        return _("not: %(what)s") % {"what": name(key, item, names)}
    if key in names.attributes and not item:
        label, unit = names.attributes[key]
        return f"{label}: {value:g} {unit}".rstrip()
    return name(key, item, names)


def _done(label: str, item: str, value: float | None) -> str:
    n = 0 if value is None else round(math.exp(value) - 1)
    if item == "late":
        if not n:
            return _("%(what)s: not in the last %(d)d days") % {"what": label, "d": LATE}
        return ngettext(
            "%(what)s: once in the last %(d)d days",
            "%(what)s: %(n)d times in the last %(d)d days",
            n,
        ) % {"what": label, "n": n, "d": LATE}
    if not n:
        return _("%(what)s: not %(a)d to %(b)d days ago") % {
            "what": label,
            "a": LATE + 1,
            "b": EARLY,
        }
    return ngettext(
        "%(what)s: once, %(a)d to %(b)d days ago",
        "%(what)s: %(n)d times, %(a)d to %(b)d days ago",
        n,
    ) % {"what": label, "n": n, "a": LATE + 1, "b": EARLY}


def _item(item: str) -> str:
    return {"true": _("yes"), "false": _("no")}.get(item, item)
