"""What can be done with forms: the only place where their definitions change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.capture.forms import fields
from trellis.capture.models import Form
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.slugs import slug

EDITABLE = (
    "name",
    "title",
    "intro",
    "consent_text",
    "consent_required",
    "button",
    "thanks",
    "redirect_url",
    "source_id",
    "locale",
)
"""What ``update`` changes besides ``fields``."""

_REDIRECT = re.compile(r"https?://[^\s/$.?#][^\s]*", re.IGNORECASE)


def create(
    actor: Actor, name: str, *, key: str = "", values: Mapping[str, Any] | None = None
) -> Form:
    """Make a form that is not published. Raises ``InvalidInput`` for a bad definition and
    ``Conflict`` where the key is taken."""
    require(actor, "forms.write")
    if not name.strip():
        raise InvalidInput(_("A form needs a name."))
    given = dict(values or {})
    given.setdefault(
        "fields", [{"key": "email", "label": _("Email"), "type": "email", "required": True}]
    )
    form = Form(key=slug(key or name) or f"form-{clock.now():%Y%m%d%H%M%S}")
    _fill(form, {**given, "name": name})
    try:
        with transaction.atomic():
            form.save(force_insert=True)
            audit.record(actor, "form.create", "form", form.pk, form.name)
    except IntegrityError:
        raise Conflict(
            _("There is a form with the key %(key)s already.") % {"key": form.key}
        ) from None
    return form


def version_of(form: Form) -> int:
    """What ``update`` compares: another where anything that people edit is."""
    return versions.fingerprint({name: getattr(form, name) for name in (*EDITABLE, "fields")})


def update(
    actor: Actor, form_id: int, values: Mapping[str, Any], version: int | None = None
) -> Form:
    """Change a form; a published one must stay fit to be published. ``version`` is the one
    the change was made to (``version_of``, ``accounts.versions``)."""
    require(actor, "forms.write")
    with transaction.atomic():
        form = get(form_id, lock=True)
        before = {name: getattr(form, name) for name in (*EDITABLE, "fields")}
        stood = version_of(form)
        _fill(form, values)
        wanted = {name: getattr(form, name) for name in before if name in values}
        versions.check(stood, version, before, wanted, of=("form", form_id))
        if form.published:
            _check_publishable(form)
        form.updated_at = clock.now()
        form.save()
        change = {
            name: [before[name], getattr(form, name)]
            for name in before
            if before[name] != getattr(form, name)
        }
        audit.record(actor, "form.update", "form", form.pk, form.name, change)
    return form


def publish(actor: Actor, form_id: int) -> Form:
    """Let visitors see and send the form. Refused without consent text (C6) and without
    a field that names somebody."""
    require(actor, "forms.write")
    with transaction.atomic():
        form = get(form_id, lock=True)
        _check_publishable(form)
        form.published = True
        form.save(update_fields=["published"])
        audit.record(actor, "form.publish", "form", form.pk, form.name)
    return form


def unpublish(actor: Actor, form_id: int) -> Form:
    """Take the form from the web; its page says that it is closed."""
    require(actor, "forms.write")
    with transaction.atomic():
        form = get(form_id, lock=True)
        form.published = False
        form.save(update_fields=["published"])
        audit.record(actor, "form.unpublish", "form", form.pk, form.name)
    return form


def archive(actor: Actor, form_id: int, version: int | None = None) -> Form:
    """Take the form from the web and from the lists; what it collected stays."""
    require(actor, "forms.write")
    with transaction.atomic():
        form = get(form_id, lock=True)
        versions.check(version_of(form), version, {}, None, of=("form", form_id))
        form.published = False
        form.archived_at = clock.now()
        form.save(update_fields=["published", "archived_at"])
        audit.record(actor, "form.archive", "form", form.pk, form.name)
    return form


def get(form_id: int, *, lock: bool = False) -> Form:
    """The form, or ``NotFound``."""
    rows = Form.objects.select_for_update() if lock else Form.objects.all()
    form = rows.filter(pk=form_id, archived_at__isnull=True).first()
    if form is None:
        raise NotFound(_("There is no such form."), form_id=form_id)
    return form


def _fill(form: Form, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - {*EDITABLE, "fields"})
    if unknown:
        raise InvalidInput(_("Unknown settings: %(names)s.") % {"names": ", ".join(unknown)})
    for name in EDITABLE:
        if name in values:
            setattr(form, name, values[name])
    if not str(form.name).strip():
        raise InvalidInput(_("A form needs a name."))
    for name in EDITABLE:
        most = getattr(Form._meta.get_field(name), "max_length", None)
        if most and len(str(getattr(form, name) or "")) > most:
            raise InvalidInput(
                _("%(field)s: %(most)d signs at most.") % {"field": name, "most": most},
                field=name,
            )
    if form.redirect_url and not _REDIRECT.fullmatch(form.redirect_url):
        raise InvalidInput(_("The address after sending must begin with https:// or http://."))
    if "fields" in values:
        form.fields = msgspec.to_builtins(fields.parse(values["fields"]))


def _check_publishable(form: Form) -> None:
    if not form.consent_text.strip():
        raise InvalidInput(
            _("Say what people agree to: a form is not published without consent text.")
        )
    if not fields.names_somebody(fields.parse(form.fields)):
        raise InvalidInput(
            _("Ask for an email address or a phone number, or nobody can be reached.")
        )
