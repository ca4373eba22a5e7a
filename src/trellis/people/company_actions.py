"""What people and programs can do with companies: the only doors besides facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.core.models import Instance
from trellis.people import companies, company_merge, company_values, provenance
from trellis.people.models import Company, CompanyKey, CompanyMerge

MOST_DOMAINS = 50


def create(
    actor: Actor,
    name: str,
    domains: Sequence[str] = (),
    values: Mapping[str, Any] | None = None,
) -> Company:
    """Add a company; contacts with an address at one of its domains become its people.

    Raises ``Conflict`` (with ``company_id``) where a domain is another company's, and
    ``InvalidInput`` for a value that does not fit its attribute.
    """
    require(actor, "companies.write")
    with transaction.atomic():
        row = Company(name=_name(name))
        row.save(force_insert=True)
        _set_domains(row, domains)
        _apply(actor, row.pk, values or {}, tell=False)
        audit.record(actor, "company.create", "company", row.pk, row.name)
        enqueue("people.find_employees", once=f"employees-{row.pk}", company_id=row.pk)
    row.refresh_from_db()
    return row


def update(
    actor: Actor,
    company_id: int,
    *,
    name: str | None = None,
    domains: Sequence[str] | None = None,
    values: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Company:
    """Change a company; what is None stays. An attribute that is None is emptied.
    ``version`` is the one the change was made to (``accounts.versions``)."""
    require(actor, "companies.write")
    with transaction.atomic():
        row = get(company_id, lock=True)
        _check_version(row, version, name, domains, values or {})
        change: dict[str, Any] = {}
        if name is not None and _name(name) != row.name:
            change["name"] = [row.name, _name(name)]
            row.name = _name(name)
        if domains is not None and (before := domains_of(row.pk)) != _plain(domains):
            change["domains"] = [before, _plain(domains)]
            _set_domains(row, domains)
            enqueue("people.find_employees", once=f"employees-{row.pk}", company_id=row.pk)
        for key, value in (values or {}).items():
            if row.attributes.get(key) != value:
                change[key] = [row.attributes.get(key), value]
        row.version += 1
        row.updated_at = clock.now()
        row.save(update_fields=["name", "domain", "version", "updated_at"])
        _apply(actor, row.pk, values or {})
        audit.record(actor, "company.update", "company", row.pk, row.name, change)
        if change.keys() & {"name", "domains"}:
            company_values.announce(row.pk, sorted(change))
    row.refresh_from_db()
    return row


def _check_version(
    row: Company,
    version: int | None,
    name: str | None,
    domains: Sequence[str] | None,
    values: Mapping[str, Any],
) -> None:
    wanted = dict(values)
    stands = {key: row.attributes.get(key) for key in values}
    if name is not None:
        stands["name"], wanted["name"] = row.name, _name(name)
    if domains is not None:
        stands["domains"], wanted["domains"] = domains_of(row.pk), _plain(domains)
    versions.check(row.version, version, stands, wanted, of=("company", row.pk))


def merge(actor: Actor, winner_id: int, loser_id: int) -> CompanyMerge:
    """Merge a company into another: its people, domains and ids go over, and the values that
    the other lacks. Returns the merge, with who moved; ``undo_merge`` takes it apart."""
    require(actor, "companies.write")
    if winner_id == loser_id:
        raise InvalidInput(_("A company cannot be merged with itself."))
    with transaction.atomic():
        row = company_merge.merge(winner_id, loser_id, clock.now(), actor.label)
        names = dict(_named(row))
        summary = (
            f"{names[loser_id]} (#{loser_id}) into {names[winner_id]},"
            f" {len(row.kept['people'])} contacts"
        )
        audit.record(actor, "company.merge", "company", winner_id, summary)
    return row


def undo_merge(actor: Actor, merge_id: int) -> tuple[CompanyMerge, int]:
    """Take a merge of companies apart again; returns it and how many people went back. What
    came after the merge stays with the company that took the other in."""
    require(actor, "companies.write")
    with transaction.atomic():
        row, back = company_merge.undo(merge_id, clock.now())
        names = dict(_named(row))
        summary = (
            f"{names[row.loser_id]} (#{row.loser_id}) out of {names[row.company_id]},"
            f" {back} contacts"
        )
        audit.record(actor, "company.undo_merge", "company", row.company_id, summary)
    return row, back


def _named(row: CompanyMerge) -> Iterable[tuple[int, str]]:
    found = Company.objects.filter(pk__in=[row.company_id, row.loser_id])
    return found.values_list("pk", "name")


def settings_version() -> int:
    """The version of the settings, as ``set_make`` compares it."""
    return versions.fingerprint(companies.settings())


def set_make(actor: Actor, make: bool, version: int | None = None) -> None:
    """Say whether a company is made for each domain that contacts have and no company does.
    ``version`` is the one of the settings the change was made to (``accounts.versions``)."""
    require(actor, "users.manage")
    with transaction.atomic():
        instance = Instance.objects.select_for_update().get(id=1)
        stands, wanted = companies.settings(), {"make": make}
        of = ("instance", 1)
        versions.check(settings_version(), version, stands, wanted, of=of)
        instance.settings[companies.SETTINGS] = {"make": make}
        instance.save(update_fields=["settings"])
        change = {"make": [stands["make"], make]}
        audit.record(actor, "company.settings", "instance", 1, "Companies by domain", change)


def get(company_id: int, *, lock: bool = False) -> Company:
    """The live company; raises ``NotFound``, or ``Conflict`` where it was merged away."""
    rows = Company.objects.select_for_update() if lock else Company.objects.all()
    row = rows.filter(pk=company_id).first()
    if row is None:
        raise NotFound(_("There is no such company."), company_id=company_id)
    company_merge.refuse_merged(row)
    return row


def domains_of(company_id: int) -> list[str]:
    """The domains of a company, in order."""
    rows = CompanyKey.objects.filter(company_id=company_id, kind=companies.DOMAIN)
    return sorted(rows.values_list("value", flat=True))


def _name(text: str) -> str:
    name = text.replace("\x00", "").strip()
    if not 0 < len(name) <= companies.MAX_NAME:
        raise InvalidInput(_("A company needs a name of 1 to 200 characters."), field="name")
    return name


def _plain(domains: Sequence[str]) -> list[str]:
    return sorted({companies.host(text) for text in domains if text.strip()} - {""})


def _checked(row: Company, domains: Sequence[str]) -> list[str]:
    for text in domains:
        if text.strip() and not companies.host(text):
            raise InvalidInput(
                _("%(text)s is not a domain such as example.com.") % {"text": text},
                field="domains",
            )
    wanted = _plain(domains)
    if len(wanted) > MOST_DOMAINS:
        raise InvalidInput(_("At most %(n)d domains.") % {"n": MOST_DOMAINS}, field="domains")
    if free := next((domain for domain in wanted if companies.is_free(domain)), ""):
        raise InvalidInput(
            _("Anybody can have an address at %(domain)s: it names no company.")
            % {"domain": free},
            field="domains",
        )
    others = CompanyKey.objects.filter(kind=companies.DOMAIN, value__in=wanted)
    if taken := others.exclude(company=row).select_related("company").first():
        raise Conflict(
            _("%(domain)s belongs to %(name)s already.")
            % {"domain": taken.value, "name": taken.company.name},
            field="domains",
            company_id=taken.company.pk,
        )
    return wanted


def _set_domains(row: Company, domains: Sequence[str]) -> None:
    wanted = _checked(row, domains)
    own = CompanyKey.objects.filter(company=row, kind=companies.DOMAIN)
    own.exclude(value__in=wanted).delete()
    have = set(own.values_list("value", flat=True))
    try:
        with transaction.atomic():
            for domain in wanted:
                if domain not in have:
                    CompanyKey.objects.create(company=row, kind=companies.DOMAIN, value=domain)
    except IntegrityError:
        raise Conflict(_("Somebody gave this domain to another company meanwhile.")) from None
    if row.domain not in wanted:
        row.domain = wanted[0] if wanted else ""
        row.save(update_fields=["domain"])


def _apply(
    actor: Actor, company_id: int, values: Mapping[str, Any], *, tell: bool = True
) -> None:
    if not values:
        return
    now: datetime = clock.now()
    entry = provenance.entry(actor.label, now.timestamp(), "", "active")
    if refused := company_values.apply([(company_id, values, entry)], now, tell=tell):
        raise InvalidInput(
            "; ".join(f"{item.key}: {item.reason}" for item in refused),
            fields={item.key: item.reason for item in refused},
        )
