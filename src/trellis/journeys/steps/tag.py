"""Tag: put tags on the contact and take others off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.events import inbox, names
from trellis.journeys.types import Batch, Complaint, Kind, Passed, Refs, Result, Settings
from trellis.people import tags


class Tag(Settings, frozen=True):
    """``add`` and ``remove``: names or keys of tags; new ones are made."""

    add: Annotated[list[str], Meta(description="Tags to put on; new ones are made.")] = []
    remove: Annotated[list[str], Meta(description="Tags to take off.")] = []


def check(settings: Tag, refs: Refs) -> Iterable[Complaint]:
    """It must do something, and every tag have a name."""
    del refs
    if not settings.add and not settings.remove:
        yield "add", "name a tag to put on or to take off"
    for place in ("add", "remove"):
        if any(not tags.key_of(name) for name in getattr(settings, place)):
            yield place, "a tag needs a name"


def describe(settings: Tag) -> str:
    """The step as a sentence."""
    parts = []
    if settings.add:
        parts.append(_("Tag with %(names)s") % {"names": ", ".join(settings.add)})
    if settings.remove:
        parts.append(_("Take %(names)s off") % {"names": ", ".join(settings.remove)})
    return "; ".join(parts)


def run(batch: Batch) -> list[Result]:
    """Tag all of them at once, and state it for those whose tags changed."""
    settings = batch.node.settings
    assert isinstance(settings, Tag), "the registry pairs kinds with their settings"
    known = tags.named(settings.add, batch.now)
    ids = sorted({run.contact_id for run in batch.runs})
    gone = [tags.key_of(name) for name in settings.remove]
    changed = set(tags.put(ids, list(known.values()), gone, batch.now))
    where = f"journey {batch.journey_key}, step {batch.node.id}"
    props: dict[str, object] = {"key": "tags", "value": describe(settings), "how": where}
    inbox.put(
        [
            inbox.system_fact(
                run.contact_id,
                names.ATTRIBUTE_CHANGED,
                props,
                at=batch.now.timestamp(),
                message_id=f"tag-{run.enrolment_id}-{run.hops}",
                cause=run.cause,
                depth=run.depth,
            )
            for run in batch.runs
            if run.contact_id in changed
        ]
    )
    return [Passed(batch.runs, "tagged", ", ".join(known))]


KIND = Kind(
    key="tag",
    about="Puts tags on the contact (`add`) and takes others off (`remove`).",
    settings=Tag,
    describe=describe,
    run=run,
    check=check,
    changes=True,
    writes=True,
)
