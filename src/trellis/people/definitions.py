"""Definitions of typed attributes: the only place where people change them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.people.models import Attribute

TYPES = ("text", "number", "boolean", "date", "datetime", "list")
BUCKETS = ("demographic", "interest", "engagement")
HOWS = ("active", "passive")
EDITABLE = ("label", "bucket", "how", "options", "description")
"""What may change afterwards; key and type stay, because stored values and rules rely on
them."""
MAX_OPTIONS = 200
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def create(
    actor: Actor, key: str, type: str, values: Mapping[str, Any]
) -> Attribute:  # the model's own word
    """Define an attribute. Raises ``InvalidInput`` for a bad key, type or setting and
    ``Conflict`` where the key is taken."""
    require(actor, "attributes.write")
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            _("%(key)r is not a key: letters, digits and _ only, a letter first.")
            % {"key": key}
        )
    if type not in TYPES:
        raise InvalidInput(_("There is no type %(type)r.") % {"type": type}, types=TYPES)
    row = Attribute(key=key, type=type, label=key)
    _fill(row, values)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(actor, "attribute.create", "attribute", row.key, row.label)
    except IntegrityError:
        raise Conflict(_("There is an attribute %(key)s already.") % {"key": key}) from None
    return row


def update(actor: Actor, key: str, values: Mapping[str, Any]) -> Attribute:
    """Change how an attribute is shown and sorted; its key and type stay."""
    require(actor, "attributes.write")
    with transaction.atomic():
        row = _locked(key)
        before = {name: getattr(row, name) for name in EDITABLE}
        _fill(row, values)
        row.save()
        change = {
            name: [before[name], getattr(row, name)]
            for name in EDITABLE
            if before[name] != getattr(row, name)
        }
        audit.record(actor, "attribute.update", "attribute", row.key, row.label, change)
    return row


def archive(actor: Actor, key: str, used_by: Sequence[str] = ()) -> Attribute:
    """Take an attribute from the choices; stored values stay. ``used_by`` names what still
    reads it (rules live above this domain): with any, ``Conflict``."""
    require(actor, "attributes.write")
    if used_by:
        raise Conflict(
            _("This attribute is used by %(names)s.") % {"names": ", ".join(used_by)},
            used_by=list(used_by),
        )
    with transaction.atomic():
        row = _locked(key)
        row.archived_at = clock.now()
        row.save(update_fields=["archived_at"])
        audit.record(actor, "attribute.archive", "attribute", row.key, row.label)
    return row


def _locked(key: str) -> Attribute:
    row = Attribute.objects.select_for_update().filter(key=key, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no attribute %(key)s.") % {"key": key})
    return row


def _fill(row: Attribute, values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise InvalidInput(_("Unknown settings: %(names)s.") % {"names": ", ".join(unknown)})
    for name, value in values.items():
        setattr(row, name, value)
    row.label = str(row.label).strip()[:120] or row.key
    if row.bucket not in BUCKETS:
        raise InvalidInput(
            _("There is no bucket %(name)r.") % {"name": row.bucket}, buckets=BUCKETS
        )
    if row.how not in HOWS:
        raise InvalidInput(_("%(name)r is neither active nor passive.") % {"name": row.how})
    options = row.options
    if not isinstance(options, list) or not all(isinstance(item, str) for item in options):
        raise InvalidInput(_("Options are a list of texts."))
    if len(options) > MAX_OPTIONS or len(set(options)) != len(options):
        raise InvalidInput(_("At most %(n)d options, each once.") % {"n": MAX_OPTIONS})
