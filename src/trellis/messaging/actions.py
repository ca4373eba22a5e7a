"""What can be done with templates, messages and channels: the only place where they change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock, ids
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.messaging import alarms, outbox, registry
from trellis.messaging.channels.registry import channel
from trellis.messaging.content import mime
from trellis.messaging.content.compile import check
from trellis.messaging.models import Message, Template, TemplateVersion
from trellis.messaging.render import TEST_CAUSE
from trellis.messaging.types import (
    FAILED,
    PURPOSES,
    QUEUED,
    TRANSACTIONAL,
    UNKNOWN,
    SendRequest,
)

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
PARTS = frozenset({"subject", "preheader", "mjml", "html", "text"})
"""What a variant may hold."""

NAME_LENGTH = 120


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """A template as somebody wrote it. ``variants``: locale ("" is the default) → parts.
    Sender fields left empty mean the instance's own."""

    key: str
    name: str
    variants: Mapping[str, Mapping[str, str]]
    purpose: str = "marketing"
    channel: str = "email"
    from_name: str = ""
    from_email: str = ""
    reply_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """How many unknown messages were settled, and the ids that were not unknown any more."""

    done: int
    left: list[int] = field(default_factory=list)


def save_template(
    actor: Actor, draft: TemplateDraft, revision: int | None = None
) -> TemplateVersion:
    """Create the template, or add an immutable version where something changed; returns the
    current version. Raises ``InvalidInput`` with ``problems`` (locale, part, line, message)
    where it could not be sent as it stands, and ``Conflict`` where the key is archived.
    ``revision`` is the one the change was made to (``revision_of``, ``accounts.versions``)."""
    require(actor, "templates.write")
    _check_draft(draft)
    variants = {
        locale: {part: text for part, text in parts.items() if text}
        for locale, parts in draft.variants.items()
    }
    with transaction.atomic():
        template, made = Template.objects.select_for_update().get_or_create(
            key=draft.key,
            defaults={"name": draft.name, "channel": draft.channel, "purpose": draft.purpose},
        )
        if template.archived_at is not None:
            raise Conflict(_("The template %(key)s is archived.") % {"key": draft.key})
        current = template.versions.filter(number=template.version).first()
        if not made:
            _check_revision(template, current, draft, revision)
        sender = {
            "from_name": mime.clean(draft.from_name),
            "from_email": draft.from_email.strip(),
            "reply_to": draft.reply_to.strip(),
        }
        same = current is not None and all(
            getattr(current, name) == value
            for name, value in {**sender, "variants": variants}.items()
        )
        before = (template.name, template.purpose, template.version)
        template.name, template.purpose = draft.name.strip(), draft.purpose
        if current is None or not same or before[1] != draft.purpose:
            template.version += 1
            current = TemplateVersion.objects.create(
                template=template,
                number=template.version,
                variants=variants,
                created_by=actor.label,
                **sender,
            )
        if made or before != (template.name, template.purpose, template.version):
            template.updated_at = clock.now()
            template.save()
            audit.record(
                actor,
                "template.create" if made else "template.update",
                "template",
                template.pk,
                f"{template.name}, version {template.version}",
            )
    return current


def revision_of(template: Template) -> int:
    """What ``save_template`` compares: another where the name, the purpose or the version is."""
    state = {"name": template.name, "purpose": template.purpose, "version": template.version}
    return versions.fingerprint(state)


def _check_revision(
    template: Template,
    current: TemplateVersion | None,
    draft: TemplateDraft,
    revision: int | None,
) -> None:
    stands = _parts(current.variants if current else {})
    wanted = dict.fromkeys(stands, "") | _parts(draft.variants)
    for name in ("name", "purpose"):
        stands[name], wanted[name] = getattr(template, name), getattr(draft, name).strip()
    for name in ("from_name", "from_email", "reply_to"):
        stands[name] = getattr(current, name) if current else ""
        wanted[name] = getattr(draft, name).strip()
    stands = dict.fromkeys(wanted, "") | stands
    of = ("template", template.pk)
    versions.check(revision_of(template), revision, stands, wanted, of=of)


def _parts(variants: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The content by one name each: ``es.subject``, or ``subject`` of the default."""
    return {
        f"{locale}.{part}".lstrip("."): text
        for locale, parts in variants.items()
        for part, text in parts.items()
        if text
    }


def archive_template(actor: Actor, key: str, revision: int | None = None) -> None:
    """Take a template out of use; its versions stay for what was sent. Raises ``Conflict``
    with ``used_by`` while something uses it."""
    require(actor, "templates.write")
    with transaction.atomic():
        template = _template(key)
        of = ("template", template.pk)
        versions.check(revision_of(template), revision, {}, None, of=of)
        users = registry.used_by(key)
        if users:
            raise Conflict(
                _("The template is in use: %(users)s.") % {"users": ", ".join(users)},
                used_by=users,
            )
        if template.archived_at is None:
            template.archived_at = template.updated_at = clock.now()
            template.save(update_fields=["archived_at", "updated_at"])
            audit.record(actor, "template.archive", "template", template.pk, template.name)


def restore_template(actor: Actor, key: str) -> None:
    """Put an archived template back into use."""
    require(actor, "templates.write")
    with transaction.atomic():
        template = _template(key)
        if template.archived_at is not None:
            template.archived_at, template.updated_at = None, clock.now()
            template.save(update_fields=["archived_at", "updated_at"])
            audit.record(actor, "template.restore", "template", template.pk, template.name)


def send_test(actor: Actor, version_id: int, *, to: str, contact_id: int) -> str:
    """Send a version to ``to`` as ``contact_id`` would get it; returns the cause of the
    message. Its links lead on but state nothing, and unsubscribe nobody. Whoever may not see
    private data would read it there, so it takes ``contacts.see_private`` too."""
    require(actor, "messages.send")
    require(actor, "contacts.see_private")
    version = TemplateVersion.objects.select_related("template").filter(id=version_id).first()
    if version is None:
        raise NotFound(_("There is no such template version."))
    if not channel(version.template.channel).valid(to.strip()):
        raise InvalidInput(_("%(address)s is not an address.") % {"address": to})
    now = clock.now()
    cause = TEST_CAUSE + ids.new_token(12)
    with transaction.atomic():
        outbox.request(
            [
                SendRequest(
                    contact_id=contact_id,
                    cause=cause,
                    template_version_id=version.pk,
                    channel=version.template.channel,
                    purpose=TRANSACTIONAL,
                    wake_at=now,
                    params={"to": to.strip()},
                )
            ],
            now,
        )
        audit.record(
            actor,
            "template.test",
            "template",
            version.template.pk,
            f"{version.template.name} to {to}",
        )
    return cause


def pause_channel(actor: Actor, kind: str, reason: str) -> None:
    """Stop a channel; its messages stay queued."""
    require(actor, "messages.send")
    channel(kind)
    with transaction.atomic():
        alarms.pause(kind, actor.label, "by_hand", reason)
        audit.record(actor, "channel.pause", "channel", kind, reason or kind)


def resume_channel(actor: Actor, kind: str) -> None:
    """Let a channel send again; what waited goes out unless it expired."""
    require(actor, "messages.send")
    channel(kind)
    with transaction.atomic():
        if alarms.resume(kind):
            audit.record(actor, "channel.resume", "channel", kind, kind)


def settle_unknown(
    actor: Actor, message_ids: Sequence[int], decision: Literal["resend", "drop"]
) -> Settled:
    """Decide about messages whose fate a crash hid: ``resend`` queues them again, under the
    same Message-ID and through the gate; ``drop`` calls them failed."""
    require(actor, "messages.send")
    if decision not in {"resend", "drop"}:
        raise InvalidInput(_("Decide to resend or to drop."))
    now = clock.now()
    change: dict[str, Any] = (
        {"state": QUEUED, "reason": "resent_by_hand", "wake_at": now, "sent_at": None}
        if decision == "resend"
        else {"state": FAILED, "reason": "dropped_by_hand"}
    )
    with transaction.atomic():
        rows = Message.objects.filter(message_id__in=message_ids, state=UNKNOWN)
        found = list(rows.order_by("contact_id").values_list("message_id", flat=True))
        done = rows.filter(message_id__in=found).update(lease_until=None, **change)
        audit.record(
            actor,
            f"message.{decision}",
            "message",
            "",
            f"{done} unknown messages",
            {"ids": found},
        )
    return Settled(done=done, left=sorted(set(message_ids) - set(found)))


def _template(key: str) -> Template:
    template = Template.objects.select_for_update().filter(key=key).first()
    if template is None:
        raise NotFound(_("There is no template %(key)s.") % {"key": key})
    return template


def _check_draft(draft: TemplateDraft) -> None:
    if not _KEY.fullmatch(draft.key) or len(draft.key) > 64:
        raise InvalidInput(_("A key is made of small letters, digits and hyphens."))
    if not draft.name.strip():
        raise InvalidInput(_("Give the template a name."))
    if max(len(draft.name.strip()), len(draft.from_name)) > NAME_LENGTH:
        raise InvalidInput(_("A name has %(most)d letters at most.") % {"most": NAME_LENGTH})
    if draft.purpose not in PURPOSES:
        raise InvalidInput(_("The purpose is marketing or transactional."))
    channel(draft.channel)
    if draft.from_email.strip() and not mime.address_is_valid(draft.from_email.strip()):
        raise InvalidInput(_("%(address)s is not an address.") % {"address": draft.from_email})
    if draft.reply_to.strip():
        mime.split_mailbox(draft.reply_to.strip())
    unknown = sorted({part for parts in draft.variants.values() for part in parts} - PARTS)
    if unknown:
        raise InvalidInput(_("A variant has no part %(part)s.") % {"part": unknown[0]})
    problems = check(draft.variants, draft.purpose)
    if problems:
        raise InvalidInput(
            problems[0].sentence(),
            problems=[
                {
                    "locale": problem.locale,
                    "part": problem.part,
                    "line": problem.line,
                    "message": problem.message,
                }
                for problem in problems
            ],
        )
