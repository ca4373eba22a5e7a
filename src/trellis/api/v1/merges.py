"""Merges: which contacts were linked into one, linking, undoing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.api.v1.contacts import ContactDetail, read_profile
from trellis.core.errors import NotFound
from trellis.people import actions, queries

router = Router(tags=["contacts"])


class MergeIn(Schema):
    """The contact that goes into this one."""

    loser_id: int = Field(ge=1, le=2**63 - 1)


class MergeOut(Schema):
    """A merge and whether it was undone."""

    merge_id: int
    contact_id: int
    loser_id: int
    at: datetime
    reason: str
    actor: str
    undone_at: datetime | None


@router.get("/{contact_id}/merges", response=list[MergeOut], summary="Merges")
def list_merges(request: HttpRequest, contact_id: Id) -> Any:
    """Scope: contacts.read."""
    caller(request, "contacts.read")
    return queries.merges(contact_id)


@router.post("/{contact_id}/merges", response={201: list[MergeOut]}, summary="Merge another in")
def merge_contacts(request: HttpRequest, contact_id: Id, body: MergeIn) -> Status[Any]:
    """The other contact is linked into this one; it can be undone. Scope: contacts.write."""
    actions.merge(caller(request), contact_id, body.loser_id)
    return Status(201, queries.merges(contact_id))


@router.delete(
    "/{contact_id}/merges/{merge_id}", response=ContactDetail, summary="Undo a merge"
)
def undo_merge(request: HttpRequest, contact_id: Id, merge_id: Id) -> Any:
    """Both get back what was theirs; answers the restored contact. Scope: contacts.write."""
    actor = caller(request, "contacts.write")
    if not any(row.merge_id == merge_id for row in queries.merges(contact_id)):
        raise NotFound("This contact has no such merge.", merge_id=merge_id)
    return read_profile(actions.undo_merge(actor, merge_id))
