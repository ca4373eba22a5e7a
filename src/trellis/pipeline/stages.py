"""What happens to a batch of facts, in order: the list to read first.

Each stage reads only what earlier ones settled. What derivation decides is logged in the
same batch, and journeys react to it; everything else that stages state is for the next batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.conf import settings

from trellis.core.ids import event_id_of
from trellis.enrichment import asking
from trellis.events import counting, decisions, devices, inbox, log, names
from trellis.events.decisions import Decided
from trellis.events.types import MAX_DEPTH, SYSTEM, Fact, Logged
from trellis.journeys import engine
from trellis.messaging import feedback
from trellis.people import attributes, consent, merge, places, resolve
from trellis.people.attributes import Change
from trellis.people.models import Contact
from trellis.people.types import Claim, Resolution
from trellis.pipeline import arrivals, definitions
from trellis.pipeline.derive import derive as derive_touched
from trellis.sources import touches
from trellis.tracking.devices import device_of
from trellis.tracking.profile import language_of

NOBODY = Resolution(contact_ids=[])


class Item(NamedTuple):
    """A fact with the event it became."""

    fact: Fact
    row: Logged


@dataclass(kw_only=True)
class Batch:
    """A batch on its way through the stages, in one transaction.

    ``fresh`` are the facts not seen before; ``items`` those that are in the log now;
    ``causes`` gives for each contact the event nearest to the outside and its depth;
    ``counted`` are the contacts whose roll-ups moved; ``decided`` is what derivation states,
    ``told`` what of it is in the log now; ``out`` are facts for the next batch.
    """

    facts: Sequence[Fact]
    epoch: int
    now: datetime
    today: date
    fresh: list[tuple[int, Fact]] = field(default_factory=list)
    people: Resolution = NOBODY
    items: list[Item] = field(default_factory=list)
    causes: dict[int, tuple[int, int]] = field(default_factory=dict)
    counted: set[int] = field(default_factory=set)
    decided: list[Fact] = field(default_factory=list)
    told: list[Logged] = field(default_factory=list)
    out: list[Fact] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def rows(self) -> list[Logged]:
        """The events just logged."""
        return [item.row for item in self.items]

    @property
    def touched(self) -> list[int]:
        """The contacts to derive again, in order: all but those about whom the batch only
        says what derivation itself decided, or what no rule reads."""
        heard = definitions.at(self.epoch).heard
        loud = {row.contact_id for fact, row in self.items if _moves(fact, heard)}
        return sorted(self.causes.keys() & (loud | self.counted))


QUIET = frozenset(
    {
        names.TEMPERATURE_CHANGED,
        names.STAGE_PROPOSED,
        names.JOURNEY_ENTERED,
        names.JOURNEY_ENDED,
        names.JOURNEY_GOAL,
        names.MESSAGE_SENT,
        names.MESSAGE_SKIPPED,
    }
)
"""Our own events that change nothing rules read, unless a signal counts them."""


def _moves(fact: Fact, heard: Collection[str]) -> bool:
    """Whether derivation may find something new: not where it only hears itself, unless a
    rule reads what such an event changes (``heard``). Segments
    kept by hand, or built alone after a change of their rule, are read by other segments."""
    if fact.type != SYSTEM or fact.traits or fact.consent:
        return True
    if fact.name in (names.STAGE_CHANGED, names.LEAD_DISQUALIFIED):
        return fact.props.get("how") != "rule"
    if fact.name in (names.SEGMENT_ENTERED, names.SEGMENT_LEFT):
        return fact.props.get("why") not in ("event", "clock")
    return fact.name not in QUIET or fact.name in heard


def see(batch: Batch) -> None:
    """Drop facts whose message id was seen before."""
    batch.fresh = log.fresh(batch.facts, batch.today)
    batch.counts["duplicate", ""] += len(batch.facts) - len(batch.fresh)


def find_people(batch: Batch) -> None:
    """Find or make the contact of each fact; from here on all of them are locked."""
    bad = arrivals.scanned([fact for _, fact in batch.fresh], batch.now)
    claims = [
        Claim(
            at=fact.at,
            ids=fact.ids,
            contact_id=fact.contact_id,
            previous=fact.previous,
            seen=fact.type != SYSTEM,
            clicked=fact.came_by[0] if fact.came_by and fact.came_by not in bad else 0,
        )
        for _, fact in batch.fresh
    ]
    batch.people = resolve.resolve(claims, batch.now)
    for _, fact in batch.fresh:
        if fact.came_by is not None:
            fact.props["arrival"] = arrivals.outcome(fact, bad, batch.people.tied)
            batch.counts["arrival", fact.props["arrival"]] += 1


def join_people(batch: Batch) -> None:
    """Link contacts that turned out to be one person."""
    merge.merge(batch.people.merges, batch.now)
    for pair in batch.people.merges:
        batch.out.append(
            inbox.system_fact(
                pair.winner,
                names.CONTACT_MERGED,
                {"loser_id": pair.loser, "reason": pair.reason},
                message_id=f"merged-{pair.winner}-{pair.loser}-{batch.now.timestamp()}",
            )
        )
        batch.counts["merged", pair.reason] += 1


def write_log(batch: Batch) -> None:
    """Append to the log."""
    items: dict[int, Item] = {}
    pairs = zip(batch.fresh, batch.people.contact_ids, strict=True)
    for (event_id, fact), contact_id in pairs:
        if not contact_id:
            batch.counts["gone", fact.type] += 1
            continue
        items[event_id] = Item(fact, _logged(fact, event_id, contact_id))
    rows = log.append([item.row for item in items.values()], batch.epoch, batch.now)
    batch.items = [items[row.event_id] for row in rows]
    for row in rows:
        batch.counts["logged", row.type] += 1
    _find_causes(batch)


def _logged(fact: Fact, event_id: int, contact_id: int) -> Logged:
    return Logged(
        contact_id=contact_id,
        event_id=event_id,
        name=fact.name,
        type=fact.type,
        at=datetime.fromtimestamp(fact.at, UTC),
        props=fact.props,
        cause=fact.cause,
        depth=fact.depth,
        key_id=fact.key_id,
        origin=fact.origin,
    )


def _find_causes(batch: Batch) -> None:
    for _, row in batch.items:
        if row.depth > MAX_DEPTH:
            batch.counts["chain_cut", row.name[:60]] += 1
            continue
        cause = batch.causes.get(row.contact_id)
        if cause is None or row.depth <= cause[1]:
            batch.causes[row.contact_id] = (row.event_id, row.depth)


def _said_at(fact: Fact) -> float:
    """When its traits count as said: those of an import that fills only what is empty are
    older than every other word."""
    only_fills = fact.origin == "import" and fact.props.get("update") == "empty"
    return 0.0 if only_fills else fact.at


def _change(fact: Fact, contact_id: int) -> Change | None:
    """What a fact says about a profile; what an enrichment source found only fills."""
    if not fact.traits:
        return None
    at, basis = _said_at(fact), "consent" if any(item["given"] for item in fact.consent) else ""
    if fact.name == names.CONTACT_ENRICHED and fact.type == SYSTEM:
        source, basis = str(fact.props["source"]), str(fact.props["basis"])
        return Change(contact_id, at, source, fact.traits, basis, "passive", weak=True)
    return Change(contact_id, at, fact.origin, fact.traits, basis)


def _introduced(row: Logged) -> Change:
    """The language and zone of the browser that began a visit. It was not said by the person,
    so any other word counts as newer."""
    said = {
        "locale": language_of(str(row.props.get("locale") or "")),
        "time_zone": str(row.props.get("time_zone") or ""),
    }
    kept = {key: value for key, value in said.items() if value}
    return Change(row.contact_id, 0.0, "t.js", kept, how="passive", weak=True)


def _places(batch: Batch) -> list[Change]:
    """Where visitors are by their network address: fills what they have not said. On consent
    as the basis, of those who agreed to tracking only."""
    if not places.active():
        return []
    newest: dict[int, Change] = {}
    basis = settings.TRELLIS_PLACES_BASIS
    for fact, row in batch.items:
        found = {
            key: fact.props[prop]
            for key, prop in (("country", places.COUNTRY), ("city", places.CITY))
            if prop in fact.props and fact.origin == "t.js"
        }
        if found:
            made = Change(row.contact_id, fact.at, places.SRC, found, basis, "passive", True)
            newest[row.contact_id] = made
    if basis == "consent" and newest:
        said = consent.states(list(newest))
        agreed = {
            number
            for number, words in said.items()
            if any(key[0] == "tracking" and word.given for key, word in words.items())
        }
        newest = {number: change for number, change in newest.items() if number in agreed}
    return list(newest.values())


def write_profiles(batch: Batch) -> None:
    """Take traits into profiles; for each key the newest word wins."""
    changes = [change for fact, row in batch.items if (change := _change(fact, row.contact_id))]
    changes += [_introduced(row) for _, row in batch.items if row.props.get("session_start")]
    changes += _places(batch)
    refused = attributes.apply(changes, batch.now)
    decisions.record(
        [
            Decided(r.contact_id, batch.now, "attribute", r.key[:80], "refused", r.reason, {
                "value": str(r.value)[:200]
            })
            for r in refused
        ]
    )  # fmt: skip
    for r in refused:
        batch.counts["attribute_refused", r.reason] += 1


def write_consents(batch: Batch) -> None:
    """Record consents given and withdrawn."""
    consent.record(
        [
            consent.said_in(row.contact_id, item, row.at, fact.origin)
            for fact, row in batch.items
            for item in fact.consent
        ]
    )


def count_signals(batch: Batch) -> None:
    """Count named behaviour per contact and day."""
    batch.counted = counting.count(batch.rows, batch.epoch)


def note_devices(batch: Batch) -> None:
    """Remember the devices that visits began with."""
    devices.note(
        [
            devices.Came(row.contact_id, found.form, found.os, found.browser, language, row.at)
            for row in batch.rows
            if row.props.get("session_start")
            for found in [device_of(*_agent(row))]
            for language in [language_of(str(row.props.get("locale") or ""))]
        ]
    )


def _agent(row: Logged) -> tuple[str, bool]:
    return str(row.props.get("user_agent") or ""), row.props.get("touch") is True


def note_touches(batch: Batch) -> None:
    """Record arrivals through a source."""
    touches.record(batch.rows, batch.people.created)


def hear_back(batch: Batch) -> None:
    """Bring messages up to date with opens, clicks, bounces and unsubscribes."""
    feedback.apply(batch.rows)


def derive(batch: Batch) -> None:
    """Scores, temperature, stage and segments of everybody touched, in one statement."""
    batch.decided = derive_touched(batch.touched, batch.now, batch.causes)


def log_decisions(batch: Batch) -> None:
    """Append what derivation decided: its contacts are settled and locked, so it need not
    go through the inbox, unless a signal counts it and it moves people again."""
    rows = []
    for fact in batch.decided:
        if counting.listens((fact.type, fact.name), batch.epoch):
            batch.out.append(fact)
        else:
            rows.append(_logged(fact, event_id_of(fact.message_id), fact.contact_id))
    batch.told = log.append(rows, batch.epoch, batch.now)
    for row in batch.told:
        batch.counts["logged", row.type] += 1
        if row.depth > MAX_DEPTH:
            batch.counts["chain_cut", row.name[:60]] += 1


def ask_sources(batch: Batch) -> None:
    """Have sources of enrichment asked about contacts that just became known."""
    fresh = {row.contact_id for _, row in batch.items} & set(batch.people.created)
    asking.ask_new(_known([*fresh, *batch.people.identified]), batch.now)


def _known(contact_ids: Sequence[int]) -> list[int]:
    """Those that showed who they are."""
    if not contact_ids:
        return []
    rows = Contact.objects.filter(contact_id__in=contact_ids, known=True, merged_into=None)
    return sorted(rows.values_list("contact_id", flat=True))


def run_journeys(batch: Batch) -> None:
    """Let events act on journeys: runs they end, wake or begin."""
    rows = [row for row in (*batch.rows, *batch.told) if row.depth <= MAX_DEPTH]
    engine.react(rows, batch.now)


def state(batch: Batch) -> None:
    """State what was decided as facts for the next batch."""
    inbox.put(batch.out)


STAGES: tuple[Callable[[Batch], None], ...] = (
    see,
    find_people,
    join_people,
    write_log,
    write_profiles,
    write_consents,
    count_signals,
    note_devices,
    note_touches,
    hear_back,
    derive,
    log_decisions,
    ask_sources,
    run_journeys,
    state,
)
"""The path of a batch."""
