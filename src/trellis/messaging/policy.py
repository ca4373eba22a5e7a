"""The instance's sending policy: what the gate measures against. Kept in the instance row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import InvalidInput
from trellis.core.models import Instance

KEY = "messaging"
LONGEST = timedelta(days=3650)
MOST = 1_000_000


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy as it stands in ``Instance.settings["messaging"]``; every part optional."""

    cap_count: int = 3
    cap_days: int = 7
    quiet_from: str = ""
    quiet_to: str = ""
    expiry_hours: int = 72
    soft_bounces: int = 5


@dataclass(frozen=True, kw_only=True)
class Policy:
    """- ``cap_count`` marketing messages per contact in ``cap_window``; 0 = no cap.
    - ``quiet``: local times from–to in which no marketing goes out; None = any time.
    - ``expiry``: a marketing message not sent this long after it was due is skipped.
    - ``soft_bounces``: so many soft bounces in a row suppress the address; 0 = never.
    - ``explicit``: whether marketing needs a recorded consent.
    - ``zone``: the zone of contacts that have none.
    """

    cap_count: int
    cap_window: timedelta
    quiet: tuple[time, time] | None
    expiry: timedelta
    soft_bounces: int
    explicit: bool
    zone: ZoneInfo


def load() -> Policy:
    """The policy in force: one read of the instance row."""
    row = Instance.objects.filter(id=1).values_list("settings", flat=True).first() or {}
    return _policy(_stored(row.get(KEY, {})))


def stored() -> Stored:
    """The stored settings, with defaults filled in, for the settings page and the API."""
    row = Instance.objects.filter(id=1).values_list("settings", flat=True).first() or {}
    return _stored(row.get(KEY, {}))


def save(values: dict[str, Any]) -> Stored:
    """Change parts of the policy; raises ``InvalidInput`` with a sentence."""
    with transaction.atomic():
        instance = Instance.objects.select_for_update().get(id=1)
        new = _stored({**instance.settings.get(KEY, {}), **values})
        _check(new)
        instance.settings[KEY] = msgspec.to_builtins(new)
        instance.save(update_fields=["settings"])
    return new


def version_of(value: Stored) -> int:
    """What ``change`` compares: another where anything in the policy is."""
    return versions.fingerprint(msgspec.to_builtins(value))


def change(actor: Actor, values: dict[str, Any], version: int | None = None) -> Stored:
    """Change parts of the policy as ``actor``; needs the right to manage users, because it
    decides how much everybody is written to. ``version`` is the one the change was made to
    (``version_of``, ``accounts.versions``)."""
    require(actor, "users.manage")
    with transaction.atomic():
        Instance.objects.select_for_update().get(id=1)
        before = stored()
        stands = {name: getattr(before, name) for name in values}
        of = ("instance", 1)
        versions.check(version_of(before), version, stands, values, of=of)
        after = save(values)
        changed = {
            name: [getattr(before, name), getattr(after, name)]
            for name in Stored.__struct_fields__
            if getattr(before, name) != getattr(after, name)
        }
        audit.record(actor, "policy.change", "instance", 1, "Sending policy", changed)
    return after


def _stored(raw: dict[str, Any]) -> Stored:
    try:
        return msgspec.convert(raw, Stored)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Sending policy: {error}.") from error


def _check(value: Stored) -> None:
    if min(value.cap_count, value.soft_bounces) < 0 or value.cap_days < 1:
        raise InvalidInput(_("Counts cannot be negative, and the cap needs at least one day."))
    if value.expiry_hours < 1:
        raise InvalidInput(_("A message must stay valid for at least one hour."))
    if value.cap_days > LONGEST.days or value.expiry_hours > LONGEST.days * 24:
        raise InvalidInput(_("Ten years are the longest that the policy can look at."))
    if max(value.cap_count, value.soft_bounces) > MOST:
        raise InvalidInput(_("Counts go up to %(most)s.") % {"most": MOST})
    if bool(value.quiet_from) != bool(value.quiet_to):
        raise InvalidInput(_("Quiet hours need both a beginning and an end."))
    _policy(value)


def _clock_time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            _("%(text)s is not a time of day such as 21:00.") % {"text": text}
        ) from None


def _policy(value: Stored) -> Policy:
    quiet = None
    if value.quiet_from and value.quiet_to:
        begin, end = _clock_time(value.quiet_from), _clock_time(value.quiet_to)
        quiet = None if begin == end else (begin, end)
    return Policy(
        cap_count=value.cap_count,
        cap_window=timedelta(days=value.cap_days),
        quiet=quiet,
        expiry=timedelta(hours=value.expiry_hours),
        soft_bounces=value.soft_bounces,
        explicit=settings.TRELLIS_CONSENT == "explicit",
        zone=ZoneInfo(settings.TIME_ZONE),
    )
