"""Companies: the list, one with its people and what they did, changing, merging, taking apart."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trellis.core.errors import NotFound, TrellisError
from trellis.core.paging import Cursor
from trellis.events import together
from trellis.leads import queries as leads
from trellis.people import companies as domains
from trellis.people import company_actions, company_queries, spread
from trellis.people import queries as people
from trellis.people.company_queries import CompanyDetail
from trellis.people.models import CompanyAttribute
from trellis.scoring import companies as scores
from trellis.web.staff import someone, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.forms import StaffForm
from trellis.web.staff.timeline import by_day
from trellis.web.staff.typed import shown, typed
from trellis.web.staff.valued import Valued, valued

LIMIT = 50
TOP = 10
OFFERED = 8
EVENTS = 15


class CompanyForm(StaffForm):
    """The name and the domains of a company; the rest are attributes."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    domains = forms.CharField(
        label=gettext_lazy("Domains"),
        required=False,
        help_text=gettext_lazy(
            "One a line: example.com. People with an address there become people of the company,"
            " unless they say otherwise."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@page("companies.read", "GET", "POST", change="users.manage")
def companies(request: StaffRequest) -> HttpResponseBase:
    """The list, a page of it; POST says whether new domains become companies."""
    if request.method == "POST":
        company_actions.set_make(
            request.actor, request.POST.get("make") == "yes", seen(request)
        )
        messages.success(request, _("Saved."))
        return redirect("companies")
    search = request.GET.get("q", "")
    found = company_queries.companies(
        search, Cursor.decode(request.GET.get("after", "")), LIMIT
    )
    context = {
        "page": found,
        "search": search,
        "make": domains.settings()["make"],
        "version": company_actions.settings_version(),
        "scores": scores.scores_of([row.id for row in found.rows]),
    }
    return render(request, "staff/companies/list.html", context)


@page("companies.read")
def names(request: StaffRequest) -> HttpResponseBase:
    """Companies to choose from, by a part of their name; without the one ``but``."""
    search, but = request.GET.get("q", "")[:200].strip(), request.GET.get("but", "")
    found = company_queries.named_like(search, OFFERED) if search else []
    rows = [
        {"value": number, "label": name, "note": domain}
        for number, name, domain in found
        if str(number) != but
    ]
    return JsonResponse(rows, safe=False)


@page("companies.read")
def detail(request: StaffRequest, company_id: int) -> HttpResponseBase:
    """One company. One that was merged away leads to the one it went to."""
    company = _found(company_id)
    if company.merged_into is not None:
        return redirect("companies-detail", company.merged_into)
    top = company_queries.top_people(company_id, TOP)
    who = people.by_ids(top)
    names = {row.contact_id: row for row in who}
    events = together.latest(top, EVENTS)
    story = by_day([row for _number, row in events])
    context = {
        "company": company,
        "score": scores.score_of(company_id),
        "people": who,
        "stages": leads.stages(),
        "classes": _classes(company),
        "story": [
            {"event": event, "who": names.get(number)}
            for (number, _row), event in zip(events, story, strict=True)
        ],
        "merges": company_queries.merges(company_id),
    }
    return render(request, "staff/companies/detail.html", context)


def _classes(company: CompanyDetail) -> list[dict[str, Any]]:
    """What is known of a company, by class, each value with where it came from."""
    known = {row.key: row for row in spread.live("company")}
    values: list[Valued] = valued(company.attributes, company.provenance, known)
    return [
        {"key": key, "label": label, "rows": [row for row in values if row.bucket == key]}
        for key, (label, _hint) in words.BUCKETS.items()
    ]


def _found(company_id: int) -> CompanyDetail:
    company = company_queries.company(company_id)
    if company is None:
        raise NotFound(_("There is no such company."), company_id=company_id)
    return company


@page("companies.write", "GET", "POST")
def edit(request: StaffRequest, company_id: int = 0) -> HttpResponseBase:
    """Add a company (0) or change one; only what differs is written."""
    company = _found(company_id) if company_id else None
    start = {}
    if company is not None:
        start = {
            "name": company.name,
            "domains": "\n".join(company.domains),
            "version": company.version,
        }
    form = CompanyForm(request.POST or None, initial=start)
    known: list[CompanyAttribute] = spread.live("company")
    found: Clash | None = None
    if request.method == "POST" and form.is_valid():
        answer, found = _save(request, company, form, known)
        if answer is not None:
            return answer
    attributes = company.attributes if company else {}
    rows = [
        {
            "attribute": row,
            "value": request.POST.get(f"a.{row.key}", shown(attributes.get(row.key))),
            "was": request.POST.get(f"was.{row.key}", shown(attributes.get(row.key))),
        }
        for row in known
    ]
    context = {"form": form, "company": company, "attributes": rows, "clash": found}
    return render(request, "staff/companies/edit.html", context)


def _save(
    request: StaffRequest,
    company: CompanyDetail | None,
    form: CompanyForm,
    known: list[CompanyAttribute],
) -> tuple[HttpResponseBase | None, Clash | None]:
    data = form.cleaned_data
    domains = [line for line in data["domains"].splitlines() if line.strip()]
    try:
        values = _changes(request, known)
        if company is None:
            made = company_actions.create(request.actor, data["name"], domains, values)
            messages.success(request, _("Added."))
            return redirect("companies-detail", made.pk), None
        company_actions.update(
            request.actor,
            company.id,
            name=data["name"],
            domains=domains,
            values=values,
            version=seen(request),
        )
    except TrellisError as error:
        if error.status == 403:
            raise
        found = clash(error, form)
        if found is None:
            field = error.data.get("field")
            form.add_error(field if field in form.fields else None, error.message)
        return None, found
    messages.success(request, _("Saved."))
    return redirect("companies-detail", company.id), None


def _changes(request: StaffRequest, known: list[CompanyAttribute]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for row in known:
        text = request.POST.get(f"a.{row.key}")
        if text is not None and text.strip() != request.POST.get(f"was.{row.key}", "").strip():
            changed[row.key] = typed(row, text)
    return changed


@page("companies.write", "POST")
def merge(request: StaffRequest, company_id: int) -> HttpResponseBase:
    """Merge this company into the one chosen."""
    winner = someone.number(request.POST.get("into", ""))
    if winner is None:
        messages.error(request, _("Choose the company it goes into from those offered."))
        return redirect("companies-detail", company_id)
    row = company_actions.merge(request.actor, winner, company_id)
    moved = len(row.kept["people"])
    text = ngettext(
        "Merged; %(n)d person moved. It can be undone on this page.",
        "Merged; %(n)d people moved. It can be undone on this page.",
        moved,
    )
    messages.success(request, text % {"n": moved})
    return redirect("companies-detail", winner)


@page("companies.write", "POST")
def unmerge(request: StaffRequest, company_id: int, merge_id: int) -> HttpResponseBase:
    """Take a merge into this company apart."""
    if not any(row.merge_id == merge_id for row in company_queries.merges(company_id)):
        raise NotFound(_("There is no such merge."), merge_id=merge_id)
    row, back = company_actions.undo_merge(request.actor, merge_id)
    text = ngettext(
        "Taken apart again; %(n)d person went back.",
        "Taken apart again; %(n)d people went back.",
        back,
    )
    messages.success(request, text % {"n": back})
    return redirect("companies-detail", row.loser_id)
