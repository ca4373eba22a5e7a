"""Set: give an attribute of the contact a value, with the journey as its provenance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.events import inbox, names
from trellis.journeys.types import Batch, Complaint, Kind, Passed, Refs, Result, Run, Settings
from trellis.people import attributes
from trellis.people.attributes import Change


class Set(Settings, frozen=True):
    """``attribute``: its key; ``value``: what it becomes (null empties it)."""

    attribute: Annotated[str, Meta(description="Key of the attribute.")]
    value: Annotated[
        str | int | float | bool | list[str] | None,
        Meta(description="What it becomes; null empties it."),
    ]


_FITS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (str,),
    "datetime": (str,),
    "list": (list,),
}
"""Attribute type to the types a definition may write."""


def check(settings: Set, refs: Refs) -> Iterable[Complaint]:
    """The attribute must exist, and the value fit it."""
    kind = refs.attributes.get(settings.attribute)
    if kind is None:
        yield "attribute", f"there is no attribute '{settings.attribute}'"
    elif settings.value is not None and (
        not isinstance(settings.value, _FITS[kind])
        or (kind == "number" and isinstance(settings.value, bool))
    ):
        yield "value", f"does not fit '{settings.attribute}', which is of type {kind}"


def describe(settings: Set) -> str:
    """The step as a sentence."""
    if settings.value is None:
        return _("Empty “%(attribute)s”") % {"attribute": settings.attribute}
    return _("Set “%(attribute)s” to %(value)s") % {
        "attribute": settings.attribute,
        "value": settings.value,
    }


def run(batch: Batch) -> list[Result]:
    """Set it for all of them; who refuses the value goes on, with the reason noted."""
    settings = batch.node.settings
    assert isinstance(settings, Set), "the registry pairs kinds with their settings"
    where = f"journey {batch.journey_key}, step {batch.node.id}"
    at = batch.now.timestamp()
    refused = {
        item.contact_id: item.reason
        for item in attributes.apply(
            [
                Change(
                    contact_id=run.contact_id,
                    at=at,
                    src=where,
                    traits={settings.attribute: settings.value},
                    how="passive",
                )
                for run in batch.runs
            ],
            batch.now,
        )
    }
    done = [run for run in batch.runs if run.contact_id not in refused]
    _tell(done, settings, where, at)
    results: list[Result] = [Passed(done, "set", settings.attribute)] if done else []
    kept_out = [run for run in batch.runs if run.contact_id in refused]
    if kept_out:
        results.append(Passed(kept_out, "refused", next(iter(refused.values()))))
    return results


def _tell(runs: list[Run], settings: Set, where: str, at: float) -> None:
    """State the change, so that the next batch derives what depends on it."""
    props: dict[str, object] = {
        "key": settings.attribute,
        "value": settings.value,
        "how": where,
    }
    inbox.put(
        [
            inbox.system_fact(
                run.contact_id,
                names.ATTRIBUTE_CHANGED,
                props,
                at=at,
                message_id=f"set-{run.enrolment_id}-{run.hops}",
                cause=run.cause,
                depth=run.depth,
            )
            for run in runs
        ]
    )


KIND = Kind(
    key="set",
    about="Sets an `attribute` of the contact to a `value` (null empties it). A value the "
    "person has stated later is never overwritten.",
    settings=Set,
    describe=describe,
    run=run,
    check=check,
    changes=True,
    writes=True,
)
