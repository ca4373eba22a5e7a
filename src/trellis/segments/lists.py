"""Members that people choose: lists kept by hand, and whom a rule's segment leaves out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import InvalidInput
from trellis.core.sql import load
from trellis.events import inbox, names
from trellis.people import normal
from trellis.rules import usage
from trellis.segments import actions, growth, history, membership
from trellis.segments.history import HAND, Move
from trellis.segments.models import Segment

MOST = 50_000
"""Entries that one paste or file may have."""

_SQL = load("trellis.segments", "membership")


def add(actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime) -> int:
    """Put contacts into a static segment; returns how many were not in it. Raises
    ``InvalidInput`` for a segment whose members follow from a rule."""
    return _keep(actor, segment_id, contact_ids, now, entering=True)


def remove(actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime) -> int:
    """Take contacts out of a static segment; returns how many were in it. Raises
    ``InvalidInput``, with what to do instead, for a segment by rule."""
    return _keep(actor, segment_id, contact_ids, now, entering=False)


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """What became of pasted entries: how many were added, were in already, and which name
    nobody (kept as they were written) or stood there twice."""

    added: int
    already: int
    twice: int
    unknown: tuple[str, ...]


def paste(actor: Actor, segment_id: int, text: str, now: datetime) -> Pasted:
    """Add the people that a text or CSV names by email, phone, user id or ``#number``.

    Entries stand one a line or separated by commas, semicolons or tabs; of a CSV with a
    heading, the column that names people is read. Nobody is made here: who is not known
    yet is answered back. Raises ``InvalidInput`` for more than ``MOST`` entries.
    """
    require(actor, "segments.write")
    entries = read(text)
    if not entries:
        raise InvalidInput(_("There is nobody in it. Paste addresses or numbers, one a line."))
    if len(entries) > MOST:
        raise InvalidInput(_("At most %(n)d entries at a time.") % {"n": MOST})
    once = list(dict.fromkeys(entries))
    found = _find(once)
    ids = sorted({found[entry] for entry in once if entry in found})
    added = add(actor, segment_id, ids, now)
    return Pasted(
        added=added,
        already=len(ids) - added,
        twice=len(entries) - len(once) + len([e for e in once if e in found]) - len(ids),
        unknown=tuple(entry for entry in once if entry not in found),
    )


HEADINGS = ("contact_id", "email", "e-mail", "mail", "user_id", "phone", "id")


def read(text: str) -> list[str]:
    """The entries of a pasted text or CSV, as they were written."""
    lines = [line for line in text.replace("\ufeff", "").splitlines() if line.strip()]
    if not lines:
        return []
    marks = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=marks))
    head = [cell.strip().lower() for cell in rows[0]]
    place = next((head.index(name) for name in HEADINGS if name in head), None)
    if place is None:
        return [cell.strip() for row in rows for cell in row if cell.strip()]
    prefix = "#" if head[place] in ("contact_id", "id") else ""
    cells = [row[place].strip() for row in rows[1:] if len(row) > place]
    return [prefix + cell.lstrip("#") if prefix else cell for cell in cells if cell]


def leave_out(
    actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime
) -> Segment:
    """Keep some contacts out of a segment by rule, in sight of everybody: they go into the
    list “… – left out”, which the rule is made to exclude; returns that list.

    Taking them off that list lets the rule decide about them again.
    """
    require(actor, "segments.write")
    segment = actions.get(segment_id)
    if segment.kind != actions.DYNAMIC:
        raise InvalidInput(_("Only a segment by rule needs a list of those it leaves out."))
    key = left_out_key(segment)
    with transaction.atomic():
        held = Segment.objects.filter(key=key, archived_at=None).first()
        if held is None:
            held = actions.create(
                actor,
                key=key,
                name=_("%(name)s – left out") % {"name": segment.name[:100]},
                kind=actions.STATIC,
                description=_("Whom people took out of the segment %(name)s by hand.")
                % {"name": segment.name},
                folder=segment.folder,
            )
        add(actor, held.pk, contact_ids, now)
        if key not in usage.segment_keys(segment.rule):
            leaf = {"field": "segment", "op": "not_in", "value": [key]}
            actions.update(actor, segment_id, now, rule={"all": [segment.rule, leaf]})
    return held


def left_out_key(segment: Segment) -> str:
    """The key of the list of those whom a segment by rule leaves out."""
    return f"{segment.key[:55]}-left-out"


def _find(entries: Sequence[str]) -> dict[str, int]:
    """Entry → live contact."""
    numbers: dict[int, str] = {}
    wanted: dict[tuple[str, str], str] = {}
    for entry in entries:
        if entry.startswith("#") and entry[1:].isdigit() and len(entry) < 19:
            numbers[int(entry[1:])] = entry
            continue
        for kind, value in _values(entry):
            wanted.setdefault((kind, value), entry)
    found: dict[str, int] = {}
    rows = db.fetch(_SQL["live"], {"contacts": sorted(numbers)})
    found.update((numbers[number], number) for (number,) in rows)
    pairs = sorted(wanted)
    rows = db.fetch(
        _SQL["named"], {"kinds": [kind for kind, _v in pairs], "values": [v for _k, v in pairs]}
    )
    for kind, value, contact_id in rows:
        found.setdefault(wanted[kind, value], contact_id)
    return found


def _values(entry: str) -> Iterable[tuple[str, str]]:
    """The identities that an entry may mean."""
    if "@" in entry:
        email = normal.normalise_email(entry)
        return [("email", email)] if email else []
    phone = normal.normalise_phone(entry) if entry.startswith("+") else None
    return [("phone", phone)] if phone else [("user_id", entry)]


def _keep(
    actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime, *, entering: bool
) -> int:
    require(actor, "segments.write")
    segment = actions.get(segment_id)
    if segment.kind != actions.STATIC:
        raise InvalidInput(_refusal(segment, entering))
    with transaction.atomic():
        params = {"contacts": sorted(set(contact_ids)), "segment": segment_id}
        block = "absent" if entering else "present"
        ids = [number for (number,) in db.fetch(_SQL[block], params)]
        pairs = [(number, segment_id) for number in ids]
        if entering:
            membership.enter(pairs, now)
        else:
            membership.leave(pairs)
        history.record(
            [Move(id_, segment_id, entering, HAND, actor=actor.label) for id_ in ids], now
        )
        membership.settle(segment_id)
        growth.write(segment_id)
        _tell(segment, ids, now, entering)
        if ids:
            verb = "segment.add" if entering else "segment.remove"
            summary = f"{len(ids)} contacts"
            audit.record(actor, verb, "segment", segment_id, summary, {"ids": ids[:100]})
    return len(ids)


def _tell(segment: Segment, ids: Sequence[int], now: datetime, entering: bool) -> None:
    event = names.SEGMENT_ENTERED if entering else names.SEGMENT_LEFT
    told = {"segment_id": segment.pk, "segment": segment.key, "why": HAND}
    inbox.put([inbox.system_fact(id_, event, told, at=now.timestamp()) for id_ in ids])


def _refusal(segment: Segment, entering: bool) -> str:
    if segment.kind == actions.SNAPSHOT:
        return _(
            "A snapshot stays as it was taken. Take it again, or copy it into a list"
            " that you keep by hand."
        )
    if entering:
        return _(
            "The members of this segment follow from its rule. Change the rule so that they"
            " fit, or add them to a list and let the rule read it."
        )
    return _(
        "The members of this segment follow from its rule, so whoever is taken out would come"
        " back. Leave them out instead: they go to a list in sight of everybody, which the"
        " rule excludes."
    )
