"""Filters of the list of contacts that people keep under a name: the only place where they
change, and what one says as a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.events.behaviour import read_draft
from trellis.people.models import Company
from trellis.rules import evaluate
from trellis.rules.types import to_json
from trellis.segments.models import SavedFilter, Segment

KEYS = ("q", "kind", "temperature", "stage", "segment", "tag", "company", "sort", "rule", "col")
"""What a filter may say, by the words of the list's address; ``rule`` is a rule as JSON,
``col`` lists the columns shown, all others are texts."""
NARROWING = frozenset(KEYS) - {"sort", "col"}
LONGEST = 200
MOST = 100
"""Filters of one owner, at most."""

Query = dict[str, Any]


def visible(actor: Actor) -> list[SavedFilter]:
    """The filters that somebody sees: their own, then those shared by others, by name."""
    require(actor, "contacts.read")
    rows = list(_visible(actor).order_by("name", "id"))
    return sorted(rows, key=lambda row: not owns(actor, row))


def get(actor: Actor, filter_id: int) -> SavedFilter:
    """One filter that somebody sees. Raises ``NotFound``."""
    require(actor, "contacts.read")
    found = _visible(actor).filter(pk=filter_id).first()
    if found is None:
        raise NotFound(_("There is no such filter."), filter_id=filter_id)
    return found


def owns(actor: Actor, row: SavedFilter) -> bool:
    """Whether a filter is somebody's own."""
    return actor.kind == "user" and row.owner_id == actor.id


def may_change(actor: Actor, row: SavedFilter) -> bool:
    """Whether somebody may change a filter: their own, and shared ones with the right."""
    return owns(actor, row) or (row.shared and actor.may("segments.write"))


def create(
    actor: Actor, name: str, query: Mapping[str, Any], *, shared: bool = False
) -> SavedFilter:
    """Keep a filter under a name. Only who may write segments shares one; what a program
    keeps is always shared. Raises ``RuleError``, and ``Conflict`` for a name that is taken."""
    require(actor, "contacts.read")
    shared = shared or actor.kind != "user"
    if shared:
        require(actor, "segments.write")
    called, wanted = _name(name), clean(query)
    with transaction.atomic():
        _refuse_taken(actor, called)
        row = SavedFilter.objects.create(
            name=called,
            query=wanted,
            shared=shared,
            owner_id=actor.id if actor.kind == "user" else None,
            changed_by=actor.label,
        )
        audit.record(actor, "filter.create", "filter", row.pk, row.name)
    return row


def update(
    actor: Actor,
    filter_id: int,
    *,
    name: str | None = None,
    query: Mapping[str, Any] | None = None,
    shared: bool | None = None,
    version: int | None = None,
) -> SavedFilter:
    """Change a filter. ``version`` is the one the change was made to
    (``accounts.versions``). Raises ``Forbidden`` for a filter of somebody else without the right."""
    wanted: dict[str, Any] = {}
    if name is not None:
        wanted["name"] = _name(name)
    if query is not None:
        wanted["query"] = clean(query)
    if shared is not None:
        wanted["shared"] = shared
    with transaction.atomic():
        row = _locked(actor, filter_id)
        change = {
            key: [getattr(row, key), value]
            for key, value in wanted.items()
            if getattr(row, key) != value
        }
        if not change:
            return row
        if "shared" in change:
            require(actor, "segments.write")
        if "name" in change:
            _refuse_taken(actor, wanted["name"], row)
        stands = {key: before for key, (before, _after) in change.items()}
        asked = {key: after for key, (_before, after) in change.items()}
        of = ("filter", row.pk)
        versions.check(row.version, version, stands, asked, of=of, by=row.changed_by)
        for key, (_before, after) in change.items():
            setattr(row, key, after)
        row.version += 1
        row.changed_by, row.updated_at = actor.label, clock.now()
        row.save()
        audit.record(actor, "filter.update", "filter", row.pk, row.name, change)
    return row


def delete(actor: Actor, filter_id: int, version: int | None = None) -> SavedFilter:
    """Forget a filter; the people it showed stay as they are."""
    with transaction.atomic():
        row = _locked(actor, filter_id)
        versions.check(row.version, version, {}, None, of=("filter", row.pk))
        audit.record(actor, "filter.delete", "filter", row.pk, row.name)
        SavedFilter.objects.filter(pk=filter_id).delete()
    return row


def clean(query: Mapping[str, Any]) -> Query:
    """What a filter says, without what is empty. Raises ``InvalidInput`` where it narrows
    nothing or is none, and ``RuleError`` for its rule."""
    found: Query = {}
    for key, value in query.items():
        if key not in KEYS:
            raise InvalidInput(_("A filter knows no “%(key)s”.") % {"key": key}, key=key)
        if value in (None, "", [], {}):
            continue
        if key == "rule":
            found[key] = to_json(read_draft(value))
        elif key == "col":
            found[key] = [str(item)[:40] for item in value][:20]
        else:
            found[key] = str(value)[:LONGEST]
    if found.get("kind") == "known":
        del found["kind"]
    if not NARROWING & found.keys():
        raise InvalidInput(_("This shows everybody: choose what to filter by first."))
    return found


def as_rule(query: Mapping[str, Any]) -> dict[str, Any]:
    """The rule that finds whom a filter shows, for a segment of them. Raises ``NotFound`` for
    a company, segment or stage that is gone."""
    parts: list[dict[str, Any]] = []
    kind = query.get("kind", "known")
    if kind != "all":
        parts.append({"field": "contact.known", "op": "eq", "value": kind == "known"})
    if text := query.get("q"):
        names = ("first_name", "last_name", "email", "phone")
        tests = [_leaf(f"contact.{name}", "contains", text) for name in names]
        parts.append({"any": tests})
    if warmth := query.get("temperature"):
        parts.append(_leaf("temperature", "eq", warmth))
    if stage := query.get("stage"):
        choices = evaluate.fields()["stage"].choices or ()
        keys = [choice.key for choice in choices if str(choice.id) == str(stage)]
        parts.append(_leaf("stage", "eq", _there(keys)))
    if segment := query.get("segment"):
        rows = Segment.objects.filter(pk=segment, archived_at__isnull=True)
        parts.append(_leaf("segment", "in", [_there(rows.values_list("key", flat=True))]))
    if tag := query.get("tag"):
        parts.append(_leaf("contact.tags", "has", [tag]))
    if company := query.get("company"):
        names_ = Company.objects.filter(pk=company).values_list("name", flat=True)
        parts.append(_leaf("company.name", "eq", _there(names_)))
    if rule := query.get("rule"):
        parts += rule.get("all", [rule])
    return {"all": parts}


def _leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _there(found: Any) -> str:
    for value in found:
        return str(value)
    raise NotFound(_("What this filter asks for is no longer there."))


def _visible(actor: Actor) -> QuerySet[SavedFilter]:
    mine = Q(owner_id=actor.id) if actor.kind == "user" else Q()
    if actor.kind == "system":
        return SavedFilter.objects.all()
    return SavedFilter.objects.filter(Q(shared=True) | mine if mine else Q(shared=True))


def _locked(actor: Actor, filter_id: int) -> SavedFilter:
    require(actor, "contacts.read")
    row = _visible(actor).select_for_update().filter(pk=filter_id).first()
    if row is None:
        raise NotFound(_("There is no such filter."), filter_id=filter_id)
    if not may_change(actor, row):
        raise Forbidden(_("This filter belongs to somebody else."))
    return row


def _name(name: str) -> str:
    found = " ".join(name.split())
    if not 0 < len(found) <= 60:
        raise InvalidInput(_("A name has 1 to 60 characters."))
    return found


def _refuse_taken(actor: Actor, name: str, row: SavedFilter | None = None) -> None:
    mine = [other for other in _visible(actor) if row is None or other.pk != row.pk]
    if any(other.name.casefold() == name.casefold() for other in mine):
        raise Conflict(_("There is a filter “%(name)s” already.") % {"name": name})
    if row is None and sum(owns(actor, other) for other in mine) >= MOST:
        raise Conflict(_("You keep %(n)s filters already; delete one first.") % {"n": MOST})
