"""Who it is, how to reach them, and what they agreed to, at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.people import duplicates
from trellis.people import queries as people
from trellis.people.consent import EVERY_CHANNEL, PURPOSES
from trellis.people.models import Consent
from trellis.web.staff.cards.subject import Subject

ROLES = ("job_title", "role", "title", "position", "job")
"""Attributes that say what somebody does, the first one counts."""


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """What holds for a purpose: ``given`` is None where nothing was said; ``channels`` are
    those agreed to ("*" stands for all)."""

    purpose: str
    given: bool | None
    channels: tuple[str, ...] = ()

    @property
    def everywhere(self) -> bool:
        """Whether it holds for all channels."""
        return EVERY_CHANNEL in self.channels


def agreed(said: Sequence[Consent]) -> list[Agreed]:
    """What holds for each purpose; ``said`` has the newest word first. A word on all
    channels replaces older ones on a single channel."""
    found = []
    for purpose in PURPOSES:
        last: dict[str, bool] = {}
        for row in said:
            if row.purpose != purpose or EVERY_CHANNEL in last:
                continue
            last.setdefault(row.channel, row.given)
        yes = tuple(sorted(channel for channel, given in last.items() if given))
        found.append(Agreed(purpose=purpose, given=bool(yes) if last else None, channels=yes))
    return found


def who(subject: Subject) -> Mapping[str, Any]:
    """Role and company, addresses that must not be used, and consent."""
    contact = subject.contact
    role = next((contact.attributes[key] for key in ROLES if contact.attributes.get(key)), "")
    return {
        "role": role,
        "agreed": agreed(subject.consents),
        "suppressed": people.suppressed([contact.email, contact.phone]),
        "typed": subject.refused(""),
        "alike": _alike(subject.id),
        "stages": [row for row in subject.stages.values() if not row.archived],
    }


def _alike(contact_id: int) -> Mapping[str, Any] | None:
    """The surest open question whether this is somebody else too."""
    found = duplicates.of_contact(contact_id, limit=1)
    if not found:
        return None
    pair = found[0]
    other = pair.other_id if pair.contact_id == contact_id else pair.contact_id
    return {"pair": pair, "who": next(iter(people.by_ids([other])), None)}


def consent(subject: Subject) -> Mapping[str, Any]:
    """Every word on consent with its proof."""
    return {"rows": subject.consents}
