"""Sending a form: from what a visitor typed to one fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from django.db import transaction

from trellis.capture.forms import demands, fields
from trellis.capture.models import Form
from trellis.core import clock, counters, ids, signing
from trellis.core.errors import InvalidInput
from trellis.events import inbox, names, types
from trellis.events.types import Fact
from trellis.people.normal import normalise_email, normalise_phone

PURPOSE = "form"
TRAP = "website"
"""A field that no person sees; whoever fills it is a program."""
CONSENT = "_consent"
TOO_QUICK = timedelta(seconds=1)
STALE = timedelta(days=2)
MAX_VISIT = 2_000


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a rendered form carries: which form, when it was shown (machine's time, since
    programs are quick in it), and the id that makes a double click one submission."""

    form_id: int
    shown_at: float
    nonce: str


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Where the form stood: the page around it, how the visitor came, their device."""

    url: str = ""
    referrer: str = ""
    anonymous_id: str = ""
    user_agent: str = ""
    region: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``faults`` by field key ("" is the form's own); empty where it was accepted."""

    faults: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether the visitor may be thanked."""
        return not self.faults


def ticket(form: Form) -> str:
    """A signed ticket for a form that is about to be shown."""
    made = Ticket(form.pk, clock.wall().timestamp(), ids.new_token(12))
    return signing.sign(PURPOSE, made)


def submit(
    form: Form, typed: Mapping[str, str], visit: Visit, words: Mapping[str, str]
) -> Outcome:
    """Check what was typed and put the fact into the inbox, durably.

    ``typed`` is the posted form with its ``ticket``; ``words`` has the translated sentences
    ``consent`` and ``stale``. A program is thanked like a person, counted, and not believed.
    """
    try:
        shown = signing.unsign(PURPOSE, typed.get("ticket", ""), Ticket)
    except InvalidInput:
        return Outcome(faults={"": words["stale"]}, values=typed)
    age = clock.wall().timestamp() - shown.shown_at
    if shown.form_id != form.pk or age > STALE.total_seconds():
        return Outcome(faults={"": words["stale"]}, values=typed)
    definition, known = demands.asked(form)
    values, faults = fields.read(definition, typed, visit.region)
    faults = {**demands.faults(definition, values, known), **faults}
    agreed = typed.get(CONSENT, "") == "yes"
    if form.consent_required and not agreed:
        faults[CONSENT] = words["consent"]
    if faults:
        return Outcome(faults=faults, values=typed)
    spam = "trap" if typed.get(TRAP) else "too_quick" if age < TOO_QUICK.total_seconds() else ""
    with transaction.atomic():
        counters.add({("form_spam" if spam else "form_submitted", spam or form.key[:60]): 1})
        if not spam:
            inbox.put([_fact(form, definition, values, agreed, visit, shown.nonce)])
    return Outcome(values=values)


def _fact(
    form: Form,
    definition: tuple[fields.Field, ...],
    values: Mapping[str, Any],
    agreed: bool,
    visit: Visit,
    nonce: str,
) -> Fact:
    return Fact(
        message_id=f"form-{nonce}",
        type=types.TRACK,
        name=names.FORM_SUBMITTED,
        at=clock.now().timestamp(),
        ids=_ids(definition, values, visit),
        traits=_traits(definition, values),
        props={"form": form.key, "form_id": form.pk, "fields": sorted(values), **_place(visit)},
        consent=_consents(form, agreed, visit),
        origin="form",
    )


def _ids(
    definition: tuple[fields.Field, ...], values: Mapping[str, Any], visit: Visit
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for kind, normalise in (("email", normalise_email), ("phone", normalise_phone)):
        for item in definition:
            if item.type == kind and (value := normalise(str(values.get(item.key, "")))):
                found.append((kind, value))
    if visit.anonymous_id:
        found.append(("anonymous_id", visit.anonymous_id[:255]))
    return tuple(found)


def _traits(definition: tuple[fields.Field, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    traits = dict(values)
    for item in definition:
        if item.type in {"email", "phone"} and item.key != item.type and item.key in traits:
            traits.setdefault(item.type, traits.pop(item.key))
    return traits


def _place(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if visit.url:
        url = visit.url[:MAX_VISIT]
        found["url"] = url
        found["path"] = _split(url).path or "/"
        for key, value in parse_qsl(_split(url).query, max_num_fields=None):
            if key.startswith("utm_"):
                found[key[:64]] = value[:255]
    if visit.referrer:
        found["referrer"] = visit.referrer[:MAX_VISIT]
    if visit.user_agent:
        found["user_agent"] = visit.user_agent[:400]
    return found


def _split(url: str) -> Any:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _consents(form: Form, agreed: bool, visit: Visit) -> tuple[dict[str, Any], ...]:
    """Leaving contact data in a form that says what for is knowledge of being contacted
    (D3); marketing needs the box."""
    source = f"form:{form.key}"
    shown = {"wording": form.consent_text, "source": source, "page": visit.url[:MAX_VISIT]}
    if not agreed:
        return ()
    return (
        {"purpose": "sales_contact", "channel": "*", "given": True, **shown},
        {"purpose": "marketing", "channel": "*", "given": True, **shown},
    )
