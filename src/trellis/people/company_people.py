"""The people of a company: found by their addresses, derived again when it changes."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction

from trellis.core import clock, db, sql
from trellis.people import companies, purge, told
from trellis.people.models import Company, CompanyKey

CHUNK = 1_000

_SQL = sql.load(__package__, "companies")
_encode = msgspec.json.Encoder().encode


def tell(company_id: int, fields: list[str]) -> int:
    """State for each of its people that a company changed; returns of how many."""
    company = Company.objects.filter(pk=company_id, merged_into=None).first()
    if company is None:
        return 0
    props: dict[str, Any] = {"company_id": company.pk, "company": company.name}
    after, told_of = 0, 0
    while True:
        args = {"company": company_id, "after": after, "limit": CHUNK}
        with transaction.atomic():
            chunk = [number for (number,) in db.fetch(_SQL["people"], args)]
            told.tell_all(chunk, told.COMPANY_CHANGED, {**props, "fields": fields})
        told_of += len(chunk)
        if len(chunk) < CHUNK:
            return told_of
        after = chunk[-1]


def find(company_id: int) -> int:
    """Give known contacts with an address at a company's domains, and no company, this one;
    returns how many. What people said themselves stays."""
    rows = CompanyKey.objects.filter(company_id=company_id, kind=companies.DOMAIN)
    domains = sorted(
        domain
        for domain in rows.values_list("value", flat=True)
        if not companies.is_free(domain)
    )
    if not domains:
        return 0
    below = [f"%.{db.like(domain)}" for domain in domains]
    found = [n for (n,) in db.fetch(_SQL["homeless"], {"domains": domains, "below": below})]
    done = 0
    for start in range(0, len(found), CHUNK):
        with transaction.atomic():
            now = clock.now()
            chunk = found[start : start + CHUNK]
            purge.lock(chunk)
            entry = _encode({"company": companies.matched(now)}).decode()
            args = {"company": company_id, "entry": entry, "now": now, "ids": chunk}
            changed = sorted(number for (number,) in db.fetch(_SQL["house"], args))
            props = {"by": "system", "fields": ["company"]}
            told.tell_all(changed, told.CHANGED, props)
            done += len(changed)
    return done
