"""What happens to a contact, as a journey names it: an event, a segment entered, a form …

Everything is lowered to one form, ``Watch``: an event's name with conditions on its
properties. Names and equal properties are matched in memory, filters for a whole batch in
one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from trellis.events import names
from trellis.events.types import PAGE, STANDARD_NAMES, SYSTEM, Logged
from trellis.journeys.types import Complaint, Refs, RuleJson, Settings

EventType = Literal["track", "page", "screen", "identify", "group", "alias", "system"]


class EventTrigger(Settings, frozen=True):
    """An event by type and name (pages and the like have a standard name); ``filter`` is a
    rule over its properties."""

    name: Annotated[
        str, Meta(description="Its name in the log; pages and the like have a standard one.")
    ] = ""
    type: Annotated[EventType, Meta(description="The call it came by.")] = "track"
    filter: Annotated[
        RuleJson | None, Meta(description="A rule over its properties (prop.<key>).")
    ] = None


class SegmentTrigger(Settings, frozen=True):
    """A segment entered or left, by key; exactly one of the two."""

    entered: Annotated[str, Meta(description="Key of the segment that was entered.")] = ""
    left: Annotated[str, Meta(description="Key of the segment that was left.")] = ""


class StageTrigger(Settings, frozen=True):
    """A stage reached, by key."""

    reached: Annotated[str, Meta(description="Key of the stage.")]


class TemperatureTrigger(Settings, frozen=True):
    """A temperature reached."""

    reached: Annotated[Literal["cold", "warm", "hot"], Meta(description="The temperature.")]


class Trigger(Settings, frozen=True):
    """Something that happens to a contact; exactly one of the fields."""

    event: Annotated[EventTrigger | None, Meta(description="An event.")] = None
    segment: Annotated[
        SegmentTrigger | None, Meta(description="A segment entered or left.")
    ] = None
    form: Annotated[str | None, Meta(description="Key of a form that was sent in.")] = None
    stage: Annotated[StageTrigger | None, Meta(description="A stage reached.")] = None
    temperature: Annotated[
        TemperatureTrigger | None, Meta(description="A temperature reached.")
    ] = None


def awaited(settings: Settings) -> EventTrigger | None:
    """The event that a step waits for, where its settings name one."""
    found = getattr(settings, "event", None)
    return found if isinstance(found, EventTrigger) else None


Intern = Callable[[RuleJson], int]
"""Gives the key under which an event filter is evaluated."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A trigger ready for matching. ``type`` "" takes any; ``props`` must be equal;
    ``filter`` is the key of a rule over the event's properties, None where there is none."""

    name: str
    type: str
    props: tuple[tuple[str, str], ...]
    filter: int | None
    label: str

    def may_see(self, event: Logged) -> bool:
        """Whether the event is one of those, its filter aside."""
        return (
            self.name == event.name
            and self.type in ("", event.type)
            and all(event.props.get(key) == value for key, value in self.props)
        )


def watch_event(trigger: EventTrigger, intern: Intern) -> Watch:
    """The watch of an event trigger."""
    name = trigger.name or STANDARD_NAMES.get(trigger.type, "")
    key = intern(trigger.filter) if trigger.filter else None
    return Watch(name=name, type=trigger.type, props=(), filter=key, label=name)


def watch(trigger: Trigger, intern: Intern) -> Watch:
    """The watch of any trigger that passed ``check``."""
    if trigger.event is not None:
        return watch_event(trigger.event, intern)
    if trigger.form is not None:
        return _equal(names.FORM_SUBMITTED, "form", trigger.form, kind="")
    if trigger.stage is not None:
        return _equal(names.STAGE_CHANGED, "to", trigger.stage.reached)
    if trigger.temperature is not None:
        return _equal(names.TEMPERATURE_CHANGED, "to", trigger.temperature.reached)
    assert trigger.segment is not None, "check lets no empty trigger through"
    if trigger.segment.entered:
        return _equal(names.SEGMENT_ENTERED, "segment", trigger.segment.entered)
    return _equal(names.SEGMENT_LEFT, "segment", trigger.segment.left)


def _equal(name: str, prop: str, value: str, kind: str = SYSTEM) -> Watch:
    return Watch(
        name=name, type=kind, props=((prop, value),), filter=None, label=f"{name}: {value}"
    )


def check(trigger: Trigger, refs: Refs) -> Iterator[Complaint]:
    """What is wrong with a trigger; filters are checked where all rules are."""
    given = [name for name in trigger.__struct_fields__ if getattr(trigger, name) is not None]
    if len(given) != 1:
        yield "", f"exactly one of {', '.join(trigger.__struct_fields__)}"
        return
    if trigger.event is not None:
        yield from check_event(trigger.event)
    elif trigger.segment is not None:
        yield from _check_segment(trigger.segment, refs)
    elif trigger.form is not None and trigger.form not in refs.forms:
        yield "form", f"there is no form '{trigger.form}'"
    elif trigger.stage is not None and trigger.stage.reached not in refs.stages:
        yield "stage.reached", f"there is no stage '{trigger.stage.reached}'"


def check_event(trigger: EventTrigger) -> Iterator[Complaint]:
    """An event needs a name unless its type has a standard one."""
    if not trigger.name and trigger.type not in STANDARD_NAMES:
        yield "event.name", "is required: the name of the event, as it stands in the log"
    if trigger.type == PAGE and trigger.name not in ("", STANDARD_NAMES[PAGE]):
        yield (
            "event.name",
            "page views are all named 'Page Viewed'; filter on prop.name or prop.path",
        )


def _check_segment(trigger: SegmentTrigger, refs: Refs) -> Iterator[Complaint]:
    if bool(trigger.entered) == bool(trigger.left):
        yield "segment", "exactly one of entered and left"
        return
    for field in ("entered", "left"):
        key = getattr(trigger, field)
        if key and key not in refs.segments:
            yield f"segment.{field}", f"there is no segment '{key}'"
