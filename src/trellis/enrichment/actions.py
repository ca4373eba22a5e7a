"""What people and programs can do with sources of enrichment."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.locks import changing_definitions
from trellis.enrichment import asking
from trellis.enrichment.models import EnrichmentSource
from trellis.enrichment.registry import KINDS
from trellis.enrichment.types import Answer, Kind, Settings
from trellis.events.behaviour import read_rule
from trellis.people import definitions
from trellis.people.provenance import BASES
from trellis.rules.types import is_empty, to_json

EDITABLE = ("name", "basis", "rule", "settings", "rate")
FASTEST = 6_000
_KEY = re.compile(r"[^\w]+")


def create(actor: Actor, kind: str, name: str, values: Mapping[str, Any]) -> EnrichmentSource:
    """Set up a source; it asks nobody until it is switched on. The attributes that its kind
    fills are defined where they are not yet."""
    require(actor, "enrichment.write")
    if kind not in KINDS:
        raise InvalidInput(_("There is no kind %(name)r.") % {"name": kind}, kinds=list(KINDS))
    row = EnrichmentSource(
        kind=kind, name=name, key=_KEY.sub("-", name.lower())[:40].strip("-")
    )
    _fill(actor, row, {**values, "name": name})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _define(KINDS[kind])
            audit.record(actor, "enrichment.create", "enrichment", row.pk, row.name)
    except IntegrityError:
        raise Conflict(_("There is a source %(name)s already.") % {"name": name}) from None
    return row


def update(
    actor: Actor, source_id: int, values: Mapping[str, Any], version: int | None = None
) -> EnrichmentSource:
    """Change a source. ``version`` is the one the change was made to
    (``accounts.versions``)."""
    require(actor, "enrichment.write")
    with changing_definitions():
        row = get(source_id, lock=True)
        before = {name: getattr(row, name) for name in EDITABLE}
        _fill(actor, row, values)
        wanted = {name: getattr(row, name) for name in EDITABLE if name in values}
        of = ("enrichment", source_id)
        versions.check(row.version, version, _open(before), _open(wanted), of=of)
        if row.live:
            _check_ready(row)
        row.version += 1
        row.fault = ""
        row.save()
        change = {
            name: [before[name], getattr(row, name)]
            for name in EDITABLE
            if name != "settings" and before[name] != getattr(row, name)
        }
        if before["settings"] != row.settings:
            change["settings"] = ["…", "…"]
        audit.record(actor, "enrichment.update", "enrichment", row.pk, row.name, change)
    return row


def turn(actor: Actor, source_id: int, live: bool) -> EnrichmentSource:
    """Switch a source on (which needs a legal basis and whole settings) or off."""
    require(actor, "enrichment.write")
    with transaction.atomic():
        row = get(source_id, lock=True)
        row.live, row.fault = live, ""
        if live:
            _check_ready(row)
        else:
            asking.stop(row.pk, "switched_off")
        row.save(update_fields=["live", "fault"])
        act = "enrichment.on" if live else "enrichment.off"
        audit.record(actor, act, "enrichment", row.pk, row.name)
    return row


def archive(actor: Actor, source_id: int, version: int | None = None) -> EnrichmentSource:
    """Take a source away; what it added stays, with where it came from."""
    require(actor, "enrichment.write")
    with transaction.atomic():
        row = get(source_id, lock=True)
        versions.check(row.version, version, {}, None, of=("enrichment", source_id))
        row.live, row.archived_at = False, clock.now()
        asking.stop(row.pk, "switched_off")
        row.key = f"{row.key[:28]}-{row.pk}"
        row.save()
        audit.record(actor, "enrichment.archive", "enrichment", row.pk, row.name)
    return row


def ask(actor: Actor, source_id: int, contact_id: int) -> int:
    """Have a source asked about one contact now, whatever its rule; returns the number of
    the question. ``Conflict`` where it waits already."""
    require(actor, "contacts.write")
    row = get(source_id)
    if not row.live:
        raise Conflict(_("%(name)s is switched off.") % {"name": row.name})
    with transaction.atomic():
        found = asking.add(row.pk, [contact_id], "hand", clock.now())
        if not found:
            raise Conflict(_("It is being asked already."))
        audit.record(actor, "enrichment.ask", "contact", contact_id, row.name)
    return found[0]


def test(actor: Actor, source_id: int, contact_id: int) -> Answer:
    """Ask a source about one contact and store nothing; raises ``core.http`` failures."""
    require(actor, "enrichment.write")
    row = get(source_id)
    if problem := KINDS[row.kind].check(settings_of(row)):
        raise InvalidInput(problem)
    return asking.question(row, contact_id, 0)


def get(source_id: int, *, lock: bool = False) -> EnrichmentSource:
    """The source; raises ``NotFound``."""
    rows = EnrichmentSource.objects.filter(pk=source_id, archived_at=None)
    row = (rows.select_for_update() if lock else rows).first()
    if row is None:
        raise NotFound(_("There is no such source."), source_id=source_id)
    return row


def settings_of(row: EnrichmentSource) -> Settings:
    """The settings of a source, typed."""
    return msgspec.convert(row.settings, KINDS[row.kind].settings)


def _fill(actor: Actor, row: EnrichmentSource, values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise InvalidInput(_("Unknown settings: %(names)s.") % {"names": ", ".join(unknown)})
    row.name = str(values.get("name", row.name)).strip()[:80]
    if not row.name or not row.key:
        raise InvalidInput(_("A source needs a name."), field="name")
    row.basis = values.get("basis", row.basis)
    if row.basis and row.basis not in BASES:
        raise InvalidInput(_("There is no legal basis %(name)r.") % {"name": row.basis})
    row.rate = int(values.get("rate", row.rate))
    if not 1 <= row.rate <= FASTEST:
        raise InvalidInput(_("Ask from 1 to %(n)d times a minute.") % {"n": FASTEST})
    if "rule" in values:
        rule = read_rule(actor, values["rule"]) if values["rule"] else None
        row.rule = {} if rule is None or is_empty(rule) else to_json(rule)
    given = {**row.settings, **values.get("settings", {})}
    if KINDS[row.kind].outside and not given.get("secret"):
        given["secret"] = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    try:
        row.settings = msgspec.to_builtins(msgspec.convert(given, KINDS[row.kind].settings))
    except msgspec.ValidationError as error:
        raise InvalidInput(f"settings: {error}", field="settings") from error


def _open(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may be shown: each by its name, and never the secret."""
    settings = values.get("settings", {})
    shown = {name: value for name, value in values.items() if name != "settings"}
    return shown | {name: value for name, value in settings.items() if name != "secret"}


def _check_ready(row: EnrichmentSource) -> None:
    if not row.basis:
        raise InvalidInput(
            _("Say on which legal basis people may be looked up first."), field="basis"
        )
    if problem := KINDS[row.kind].check(settings_of(row)):
        raise InvalidInput(problem, field="settings")


def _define(kind: Kind) -> None:
    for one in kind.fills:
        try:
            definitions.create(
                SYSTEM,
                one.key,
                one.type,
                {"label": one.label, "how": "passive", "options": list(one.options)},
            )
        except Conflict:
            continue
