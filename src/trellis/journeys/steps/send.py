"""Send: ask the outbox for a message. The gate and the channel decide what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.journeys import store
from trellis.journeys.durations import Duration
from trellis.journeys.types import (
    Batch,
    Complaint,
    Kind,
    Passed,
    Refs,
    Result,
    Settings,
    StepBroken,
)
from trellis.messaging import outbox
from trellis.messaging.models import Template, TemplateVersion
from trellis.messaging.types import SendRequest


class Send(Settings, frozen=True):
    """``template``: its key; ``expires``: after this time an unsent message is dropped."""

    template: Annotated[str, Meta(description="Key of the template.")]
    expires: Annotated[
        Duration | None, Meta(description="Unsent after this time, the message is dropped.")
    ] = None


def check(settings: Send, refs: Refs) -> Iterable[Complaint]:
    """The template must exist."""
    if settings.template not in refs.templates:
        yield "template", f"there is no template '{settings.template}'"


def describe(settings: Send) -> str:
    """The step as a sentence."""
    return _("Send “%(template)s”") % {"template": settings.template}


def run(batch: Batch) -> list[Result]:
    """Ask once for each run; the cause makes it unique even where a batch is repeated."""
    settings = batch.node.settings
    assert isinstance(settings, Send), "the registry pairs kinds with their settings"
    template = Template.objects.filter(key=settings.template, archived_at=None).first()
    if template is None or template.version == 0:
        raise StepBroken(
            f"Step {batch.node.id}: there is no template '{settings.template}' any more."
        )
    version = TemplateVersion.objects.only("id").get(template=template, number=template.version)
    expires = batch.now + settings.expires.delta if settings.expires is not None else None
    events = store.events_of(batch.runs)
    outbox.request(
        [
            SendRequest(
                contact_id=run.contact_id,
                cause=f"journey:{run.enrolment_id}:{run.step}:{run.hops}",
                template_version_id=version.id,
                channel=template.channel,
                purpose=template.purpose,
                journey_id=batch.journey_id,
                wake_at=batch.now,
                expires_at=expires,
                params={"event": events.get(run.enrolment_id, {})},
            )
            for run in batch.runs
        ],
        batch.now,
    )
    return [Passed(batch.runs, "requested", settings.template)]


KIND = Kind(
    key="send",
    about="Asks for a message made from a `template`. Consent, caps and quiet hours decide "
    "when and whether it goes out; the run does not wait for it. With `expires`, a message "
    "still unsent after that time is dropped.",
    settings=Send,
    describe=describe,
    run=run,
    check=check,
    writes=True,
)
