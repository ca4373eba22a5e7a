"""What members of staff should know: told once per cause, read by each for themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from trellis.accounts.models import Notice, Role, User
from trellis.accounts.types import Actor
from trellis.core.jobs import enqueue
from trellis.core.paging import Cursor, Page, paged

MAIL_JOB = "messaging.mail_notices"
"""Who sends the mail lives above this domain and listens to this name."""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One notice for one user; ``cause`` is told to each user once."""

    user_id: int
    cause: str
    text: str
    detail: str = ""
    url: str = ""
    contact_id: int | None = None
    mail: bool = False


def tell(tellings: Iterable[Telling], now: datetime) -> None:
    """Tell people, in the caller's transaction; what was told already is passed over. Mail
    leaves in the background."""
    rows = [
        Notice(
            user_id=one.user_id,
            at=now,
            cause=one.cause[:120],
            text=one.text[:300],
            detail=one.detail[:300],
            url=one.url[:300],
            contact_id=one.contact_id,
            mail=one.mail,
        )
        for one in tellings
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.mail for row in rows):
        enqueue(MAIL_JOB, once="notices")


def with_role(roles: Iterable[str]) -> dict[str, list[int]]:
    """The active users of some roles, by role."""
    found: dict[str, list[int]] = {role: [] for role in roles}
    rows = User.objects.filter(role__in=list(found), is_active=True).order_by("id")
    for number, role in rows.values_list("id", "role"):
        found[role].append(number)
    return found


def active(user_ids: Iterable[int]) -> set[int]:
    """Those of the users who still have access."""
    rows = User.objects.filter(pk__in=list(user_ids), is_active=True)
    return set(rows.values_list("id", flat=True))


ROLES: Sequence[str] = tuple(Role.values)
"""Whom a notice may go to besides one person."""


def unread(actor: Actor) -> int:
    """How many notices a user has not read; a program has none."""
    if actor.kind != "user":
        return 0
    return Notice.objects.filter(user_id=actor.id, read_at__isnull=True).count()


def of_user(actor: Actor, after: Cursor | None = None, limit: int = 50) -> Page[Notice]:
    """The notices of a user, newest first."""
    rows = Notice.objects.filter(user_id=actor.id if actor.kind == "user" else 0)
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.id))
    found = list(rows.order_by("-at", "-id")[: limit + 1])
    return paged(found, limit, lambda row: (row.at, row.pk))


def read(actor: Actor, now: datetime, notice_ids: Iterable[int] | None = None) -> int:
    """Mark one's own notices as read: some, or all (None); returns how many were unread."""
    if actor.kind != "user":
        return 0
    rows = Notice.objects.filter(user_id=actor.id, read_at__isnull=True)
    if notice_ids is not None:
        rows = rows.filter(pk__in=list(notice_ids))
    return rows.update(read_at=now)
