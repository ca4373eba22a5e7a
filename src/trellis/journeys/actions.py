"""The doors for changes of journeys: draft, publish, pause, resume, stop, enrol, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.core.locks import changing_definitions
from trellis.journeys import book, bulk, conditions, definition, publishing, refs
from trellis.journeys.definition import Definition, DefinitionError, Problem
from trellis.journeys.models import Journey, JourneyVersion
from trellis.people import masking

DRAFT, LIVE, PAUSED, STOPPED = "draft", book.LIVE, book.PAUSED, book.STOPPED


def create(actor: Actor, text: str) -> Journey:
    """A new journey from a definition, as a draft. What it refers to may still be missing;
    its shape must be right, because key and name come from it."""
    require(actor, "journeys.write")
    _whole(text)
    head = definition.outline(text).head
    try:
        with transaction.atomic():
            journey = Journey.objects.create(
                key=head.key,
                name=head.name,
                description=head.description,
                draft=text,
                edited_by=actor.label,
            )
    except IntegrityError as error:
        raise Conflict(_("There is a journey %(key)s already.") % {"key": head.key}) from error
    audit.record(actor, "journey.create", "journey", journey.id, f"Created {head.name}")
    return journey


def _whole(text: str) -> None:
    """Refuse a text whose values were veiled to who saves it: they would be lost."""
    if masking.veiled() and masking.DOTS in text:
        raise Forbidden(
            _("Some values of it are veiled. To change it takes the right %(right)s.")
            % {"right": "contacts.see_private"}
        )


def save_draft(
    actor: Actor, journey_id: int, text: str, revision: int | None = None
) -> list[Problem]:
    """Keep a draft, finished or not; returns what is still wrong with it. The running
    version does not change.

    ``revision`` is the one the change was made to (``accounts.versions``).
    """
    require(actor, "journeys.write")
    _whole(text)
    with transaction.atomic():
        journey = _locked(journey_id)
        versions.check(
            journey.revision,
            revision,
            {"draft": journey.draft},
            {"draft": text},
            of=("journey", journey_id),
            by=journey.edited_by,
            at=journey.updated_at,
        )
        journey.draft = text
        journey.revision += 1
        journey.edited_by = actor.label
        problems: list[Problem] = []
        try:
            head = refs.checked(text).head
            if head.key != journey.key:
                problems.append(Problem("key", 0, f"stays '{journey.key}'"))
            journey.name, journey.description = head.name, head.description
        except DefinitionError as error:
            problems = error.problems
        journey.updated_at = clock.now()
        journey.save()
        audit.record(
            actor,
            "journey.draft",
            "journey",
            journey.id,
            f"Changed the draft of {journey.name}",
        )
    return problems


def check(actor: Actor, text: str) -> Definition:
    """The definition of a text; raises ``DefinitionError`` with every fault."""
    require(actor, "journeys.read")
    return refs.checked(text)


def preview_publish(actor: Actor, journey_id: int) -> publishing.Preview:
    """What publishing the draft would change, and for whom. Changes nothing."""
    require(actor, "journeys.read")
    journey = _found(journey_id)
    return publishing.preview(journey, _ready(journey))


def publish(
    actor: Actor,
    journey_id: int,
    *,
    waiting: Mapping[str, str] | None = None,
    existing: bool = False,
) -> JourneyVersion:
    """Make the draft the running version.

    ``waiting`` says for each step of earlier versions where runs wait what becomes of
    them: ``stay`` on their version (the default), ``move:<step>`` of the new one, or
    ``exit``. ``existing`` enrols who is in an entry segment already.
    """
    require(actor, "journeys.publish")
    journey = _found(journey_id)
    parsed = _ready(journey)
    choices = publishing.choices(parsed, waiting or {})
    counted = definition.with_rules(parsed, lambda rule: conditions.lower(actor, rule))
    with changing_definitions():
        journey = _locked(journey_id)
        journey.version += 1
        version = JourneyVersion.objects.create(
            journey=journey,
            number=journey.version,
            source=journey.draft,
            definition=definition.to_plain(counted),
            published_at=clock.now(),
            published_by=actor.label,
        )
        journey.state, journey.why, journey.updated_at = LIVE, "", clock.now()
        journey.name, journey.description = parsed.head.name, parsed.head.description
        journey.save()
        audit.record(
            actor,
            "journey.publish",
            "journey",
            journey.id,
            f"Published version {version.number} of {journey.name}",
            {"waiting": dict(waiting or {}), "existing": existing},
        )
    bulk.settle_waiting(journey.id, version.id, choices)
    if existing:
        bulk.enrol_segments(journey.id, publishing.entry_segments(parsed))
    return version


def pause(actor: Actor, journey_id: int, why: str = "") -> Journey:
    """Hold all runs where they are; nobody enters."""
    return _turn(actor, journey_id, (LIVE,), PAUSED, "journey.pause", why)


def resume(actor: Actor, journey_id: int) -> Journey:
    """Go on. What fell due meanwhile moves at once."""
    journey = _turn(actor, journey_id, (PAUSED,), LIVE, "journey.resume", "")
    bulk.wake(journey.id)
    return journey


def stop(actor: Actor, journey_id: int, why: str = "") -> Journey:
    """End all runs with reason ``stopped``; nobody enters. Publishing starts anew."""
    journey = _turn(actor, journey_id, (LIVE, PAUSED), STOPPED, "journey.stop", why)
    bulk.wake(journey.id)
    return journey


def enrol(actor: Actor, journey_id: int, contact_ids: Sequence[int]) -> int:
    """Bring contacts in by hand, whatever the re-entry rule says; returns how many entered.
    Who is in it, has reached the goal or fits the exit rule does not enter."""
    require(actor, "journeys.write")
    journey = _found(journey_id)
    if journey.state != LIVE:
        raise Conflict(_("%(name)s is not live, so nobody can enter.") % {"name": journey.name})
    entered = bulk.enrol(journey.id, contact_ids, f"by hand: {actor.label}", again=True)
    audit.record(
        actor, "journey.enrol", "journey", journey.id, f"Enrolled {entered} in {journey.name}"
    )
    return entered


def remove(actor: Actor, journey_id: int, contact_ids: Sequence[int]) -> int:
    """Take contacts out; their runs end with reason ``removed``. Returns how many."""
    require(actor, "journeys.write")
    journey = _found(journey_id)
    removed = bulk.remove(journey.id, contact_ids)
    audit.record(
        actor, "journey.remove", "journey", journey.id, f"Removed {removed} of {journey.name}"
    )
    return removed


def _turn(
    actor: Actor, journey_id: int, before: tuple[str, ...], after: str, action: str, why: str
) -> Journey:
    require(actor, "journeys.publish")
    with changing_definitions():
        journey = _locked(journey_id)
        if journey.state not in before:
            raise Conflict(f"{journey.name} is {journey.state}.", state=journey.state)
        journey.state, journey.why, journey.updated_at = after, why, clock.now()
        journey.save()
        audit.record(
            actor, action, "journey", journey.id, f"{journey.name} is {after}", {"why": why}
        )
    return journey


def _ready(journey: Journey) -> Definition:
    parsed = refs.checked(journey.draft)
    if parsed.head.key != journey.key:
        raise InvalidInput(_("The key of this journey stays %(key)s.") % {"key": journey.key})
    return parsed


def _found(journey_id: int) -> Journey:
    journey = Journey.objects.filter(id=journey_id).first()
    if journey is None:
        raise NotFound(_("There is no such journey."))
    return journey


def _locked(journey_id: int) -> Journey:
    journey = Journey.objects.select_for_update().filter(id=journey_id).first()
    if journey is None:
        raise NotFound(_("There is no such journey."))
    return journey
