"""Notify: tell the owner of the lead, or everybody of a role, that somebody is ready (S5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.accounts import notices
from trellis.accounts.models import Role as Staff
from trellis.accounts.notices import Telling
from trellis.journeys.types import Batch, Complaint, Kind, Passed, Refs, Result, Run, Settings
from trellis.leads import queries as leads
from trellis.people import queries as people

MOST = 200
Role = Literal["admin", "marketer", "supervisor", "mdr", "sdr", "sales", "viewer"]


class Notify(Settings, frozen=True):
    """``text`` is what they read, with the person's name in front. ``to``: the ``owner`` of
    the lead, or a role; who has no owner goes to the role ``otherwise``."""

    text: Annotated[str, Meta(description="What to tell; the person's name stands in front.")]
    to: Annotated[
        Literal["owner", "admin", "marketer", "supervisor", "mdr", "sdr", "sales", "viewer"],
        Meta(description="The owner of the lead, or everybody of a role."),
    ] = "owner"
    otherwise: Annotated[Role, Meta(description="Whom to tell where a lead has no owner.")] = (
        "supervisor"
    )
    mail: Annotated[bool, Meta(description="Send an email, too.")] = True


def check(settings: Notify, _refs: Refs) -> Iterable[Complaint]:
    """The text must say something and fit."""
    if not settings.text.strip():
        yield "text", "is required"
    if len(settings.text) > MOST:
        yield "text", f"at most {MOST} characters"


def describe(settings: Notify) -> str:
    """The step as a sentence."""
    if settings.to == "owner":
        return _("Tell the owner: “%(text)s”") % {"text": settings.text}
    return _("Tell %(role)s: “%(text)s”") % {
        "role": Staff(settings.to).label,
        "text": settings.text,
    }


def run(batch: Batch) -> list[Result]:
    """Tell once for each run; the cause makes it unique even where a batch is repeated."""
    settings = batch.node.settings
    assert isinstance(settings, Notify), "the registry pairs kinds with their settings"
    ids = [run.contact_id for run in batch.runs]
    names = {row.contact_id: row.name for row in people.by_ids(ids)}
    receivers = _receivers(settings, ids)
    told: list[Run] = []
    alone: list[Run] = []
    tellings: list[Telling] = []
    for run in batch.runs:
        mine = receivers.get(run.contact_id, ())
        (told if mine else alone).append(run)
        name = names.get(run.contact_id) or f"#{run.contact_id}"
        tellings += [
            Telling(
                user_id=user_id,
                cause=f"journey:{run.enrolment_id}:{run.step}:{run.hops}",
                text=f"{name}: {settings.text.strip()}",
                detail=batch.journey_key,
                url=f"/contacts/{run.contact_id}/",
                contact_id=run.contact_id,
                mail=settings.mail,
            )
            for user_id in mine
        ]
    notices.tell(tellings, batch.now)
    results: list[Result] = [Passed(told, "told", settings.to), Passed(alone, "nobody")]
    return [result for result in results if result.runs]


def _receivers(settings: Notify, ids: Sequence[int]) -> Mapping[int, Sequence[int]]:
    role = settings.otherwise if settings.to == "owner" else settings.to
    everybody = notices.with_role([role])[role]
    if settings.to != "owner":
        return dict.fromkeys(ids, everybody)
    owners = leads.owners(ids)
    here = notices.active(owners.values())
    return {
        number: [owners[number]] if owners.get(number) in here else everybody for number in ids
    }


KIND = Kind(
    key="notify",
    about="Tells the owner of the lead, or everybody of a role, in the product and by "
    "`mail`: the name of the person and a `text`. Without an owner, the role `otherwise` is told.",
    settings=Notify,
    describe=describe,
    run=run,
    check=check,
    writes=True,
)
