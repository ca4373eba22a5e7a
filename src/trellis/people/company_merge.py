"""Linking a company into another, and taking that apart again.

A merge remembers what went over (``Kept``); undo gives back what still stands as it went.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from trellis.core import db, sql
from trellis.core.errors import Conflict, NotFound
from trellis.people import company_values, provenance, purge
from trellis.people.companies import DOMAIN, DOMAIN_SRC
from trellis.people.models import Company, CompanyKey, CompanyMerge
from trellis.people.provenance import Entry

_SQL = sql.load(__package__, "companies")


class Kept(TypedDict):
    """What undo needs: the (kind, value) of the keys and the numbers of the people that went
    over, the companies that had gone into the loser before, the attributes that only the
    loser had, and the winner's entries that the loser's word was put behind."""

    keys: list[list[str]]
    people: list[int]
    before: list[int]
    filled: list[str]
    entries: dict[str, Entry]


def merge(winner_id: int, loser_id: int, now: datetime, actor: str) -> CompanyMerge:
    """Link a company into another in the caller's transaction; returns the row of the merge.
    Raises ``NotFound`` and ``Conflict`` where one of the two is gone or merged away."""
    purge.lock(_people_of(loser_id))
    winner, loser = _locked(winner_id, loser_id)
    for row in (winner, loser):
        refuse_merged(row)
    keys = list(loser.keys.order_by("kind", "value").values_list("kind", "value"))
    before = Company.objects.filter(merged_into=loser.pk).order_by("pk")
    args = {"winner": winner.pk, "loser": loser.pk, "now": now}
    kept = Kept(
        keys=[list(key) for key in keys],
        people=sorted(number for (number,) in db.fetch(_SQL["move_people"], args)),
        before=list(before.values_list("pk", flat=True)),
        filled=[],
        entries={},
    )
    CompanyKey.objects.filter(company=loser).update(company=winner)
    before.update(merged_into=winner.pk)
    _fill(winner, loser, kept)
    loser.merged_into = winner.pk
    winner.domain = winner.domain or loser.domain
    _save(winner, loser, now)
    company_values.announce(winner.pk, ["name"])
    return CompanyMerge.objects.create(
        company_id=winner.pk,
        loser_id=loser.pk,
        at=now,
        reason="hand",
        actor=actor,
        kept=kept,
    )


def undo(merge_id: int, now: datetime) -> tuple[CompanyMerge, int]:
    """Take one merge apart in the caller's transaction; returns its row and how many people
    went back.

    Who named a company since, and what was said of the winner since, stays with the winner;
    whom only an address at one of the loser's domains placed there goes with the domain.
    Raises ``Conflict`` where it was undone before, or where a later merge must be undone first.
    """
    row = CompanyMerge.objects.filter(pk=merge_id).first()
    if row is None:
        raise NotFound(_("There is no such merge."), merge_id=merge_id)
    purge.lock(_people_of(row.company_id))
    winner, loser = _locked(row.company_id, row.loser_id)
    row.refresh_from_db()
    _refuse_undone(row, winner)
    kept: Kept = row.kept
    domains = _give_keys(winner, loser, kept["keys"])
    back = _give_people(row, domains, now)
    Company.objects.filter(pk__in=kept["before"], merged_into=winner.pk).update(
        merged_into=loser.pk
    )
    _take_back(winner, loser, kept)
    loser.merged_into = None
    for company in (winner, loser):
        company.domain = _main_domain(company)
    _save(winner, loser, now)
    row.undone_at = now
    row.save(update_fields=["undone_at"])
    for company in (winner, loser):
        company_values.announce(company.pk, ["name"])
    return row, back


def refuse_merged(row: Company) -> None:
    """Raise ``Conflict`` for a company that was merged away."""
    if row.merged_into is not None:
        raise Conflict(
            _("This company was merged into #%(n)d.") % {"n": row.merged_into},
            merged_into=row.merged_into,
        )


def _people_of(company_id: int) -> list[int]:
    return [number for (number,) in db.fetch(_SQL["housed"], {"company": company_id})]


def _locked(winner_id: int, loser_id: int) -> tuple[Company, Company]:
    """Both, held until the transaction ends; after their people, as batches take the two."""
    wanted = Company.objects.filter(pk__in=[winner_id, loser_id]).order_by("pk")
    held = {row.pk: row for row in wanted.select_for_update()}
    for number in (winner_id, loser_id):
        if number not in held:
            raise NotFound(_("There is no such company."), company_id=number)
    return held[winner_id], held[loser_id]


def _refuse_undone(row: CompanyMerge, winner: Company) -> None:
    if row.undone_at is not None:
        raise Conflict(_("This merge was undone already."), merge_id=row.pk)
    if winner.merged_into is not None:
        raise Conflict(
            _("%(name)s was merged into #%(n)d later. Undo that first.")
            % {"name": winner.name, "n": winner.merged_into},
            merge_id=row.pk,
            merged_into=winner.merged_into,
        )


def _save(winner: Company, loser: Company, now: datetime) -> None:
    for company in (winner, loser):
        company.version += 1
        company.updated_at = now
        company.save()


def _fill(winner: Company, loser: Company, kept: Kept) -> None:
    """Give the winner the values it lacks; of others it remembers what the loser had."""
    for key, value in loser.attributes.items():
        entry = loser.provenance.get(key)
        if key not in winner.attributes:
            kept["filled"].append(key)
            winner.attributes[key] = value
            if entry is not None:
                winner.provenance[key] = entry
        elif entry is not None and key in winner.provenance:
            own = kept["entries"][key] = winner.provenance[key]
            winner.provenance[key] = provenance.keep(own, winner.attributes[key], entry, value)


def _take_back(winner: Company, loser: Company, kept: Kept) -> None:
    """Take back what the winner has of the loser, where nobody said it again since."""
    for key in kept["filled"]:
        entry = loser.provenance.get(key)
        said = winner.provenance.get(key)
        same = said is None if entry is None else provenance.same_word(said, entry)
        if same and winner.attributes.get(key) == loser.attributes.get(key):
            winner.attributes.pop(key, None)
            winner.provenance.pop(key, None)
    for key, entry in kept["entries"].items():
        if provenance.same_word(winner.provenance.get(key), entry):
            winner.provenance[key] = entry


def _give_keys(winner: Company, loser: Company, keys: Sequence[Sequence[str]]) -> list[str]:
    """Give the loser what named it, as far as it names the winner still; returns its
    domains."""
    went = {tuple(key) for key in keys}
    still = [row for row in winner.keys.all() if (row.kind, row.value) in went]
    CompanyKey.objects.filter(pk__in=[row.pk for row in still]).update(company=loser)
    return [row.value for row in still if row.kind == DOMAIN]


def _give_people(row: CompanyMerge, domains: list[str], now: datetime) -> int:
    args: dict[str, Any] = {
        "winner": row.company_id,
        "loser": row.loser_id,
        "now": now,
        "ids": row.kept["people"],
        "said": provenance.moment(row.at.timestamp()),
        "src": DOMAIN_SRC,
        "domains": domains,
        "below": [f"%.{db.like(domain)}" for domain in domains],
        "own": list(
            CompanyKey.objects.filter(company_id=row.company_id, kind=DOMAIN).values_list(
                "value", flat=True
            )
        ),
    }
    return len(db.fetch(_SQL["move_back"], args))


def _main_domain(company: Company) -> str:
    rows = company.keys.filter(kind=DOMAIN).order_by("value")
    domains = list(rows.values_list("value", flat=True))
    return company.domain if company.domain in domains else next(iter(domains), "")
