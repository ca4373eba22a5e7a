"""What can be done with contacts from the pages: add, edit, bulk acts, duplicates."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.core import clock
from trellis.core.errors import InvalidInput, TrellisError
from trellis.leads import actions as leads_actions
from trellis.leads import queries as leads
from trellis.people import actions, tags
from trellis.people import queries as people
from trellis.people.models import Attribute
from trellis.people.queries import ContactFilter
from trellis.segments import lists
from trellis.segments import queries as segments
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash
from trellis.web.staff.contacts import filter_of
from trellis.web.staff.forms import StaffForm
from trellis.web.staff.profile import found_or_404
from trellis.web.staff.typed import shown, typed

MOST = 10_000
"""Contacts that one bulk act may take."""
CSV_CHUNK = 1_000
SHOWN = ("email", "phone", "first_name", "last_name", "company", "city", "country", "locale")
FIELDS = (*SHOWN, "time_zone")


class ContactForm(StaffForm):
    """The built-in fields of a contact; the rest are attributes."""

    first_name = forms.CharField(label=gettext_lazy("First name"), required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), required=False)
    email = forms.EmailField(label=gettext_lazy("Email"), required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), required=False)
    company = forms.CharField(label=gettext_lazy("Company"), required=False)
    city = forms.CharField(label=gettext_lazy("City"), required=False)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy("Two letters: ES."),
    )
    locale = forms.CharField(
        label=gettext_lazy("Language"),
        required=False,
        help_text=gettext_lazy("As in es or zh."),
    )
    time_zone = forms.CharField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # What stood there when the page was opened comes back with it, so that an old
            # page does not undo what somebody else saved meanwhile.
            field.show_hidden_initial = True

    def traits(self) -> dict[str, Any]:
        """What was filled in."""
        return {key: value for key, value in self.cleaned_data.items() if value}


@page("contacts.write", "GET", "POST")
def create(request: StaffRequest) -> HttpResponseBase:
    """Add a contact by hand."""
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = actions.create_contact(request.actor, form.traits())
        except TrellisError as error:
            if error.status == 403:
                raise
            _blame(form, error)
        else:
            messages.success(request, _("Added."))
            return redirect("contacts-profile", number)
    return render(request, "staff/contacts/edit.html", {"form": form})


def _blame(form: forms.Form, error: TrellisError) -> None:
    field = error.data.get("field")
    form.add_error(field if field in form.fields else None, error.message)


@page("contacts.read", "GET", "POST", change="contacts.write")
def edit(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Change fields and attributes; only what differs is written. Not for those who may not
    see what they would change."""
    require(request.actor, "contacts.see_private")
    contact = found_or_404(contact_id)
    before = {key: getattr(contact, key) for key in FIELDS}
    form = ContactForm(request.POST or None, initial=before)
    known = people.attributes()
    found: Clash | None = None
    if request.method == "POST" and form.is_valid():
        try:
            changed, was = _changes(request, form, before, contact.attributes, known)
            if changed:
                actions.update_contact(request.actor, contact_id, changed, was=was)
        except TrellisError as error:
            if error.status == 403:
                raise
            found = clash(error)
            if found is None:
                _blame(form, error)
            else:
                _renew(form, before)
        else:
            messages.success(request, _("Saved."))
            return redirect("contacts-profile", contact_id)
    rows = [
        {
            "attribute": row,
            "value": request.POST.get(f"a.{row.key}", shown(contact.attributes.get(row.key))),
            "was": shown(contact.attributes.get(row.key))
            if found
            else request.POST.get(f"was.{row.key}", shown(contact.attributes.get(row.key))),
        }
        for row in known
    ]
    context = {"form": form, "contact": contact, "attributes": rows, "clash": found}
    return render(request, "staff/contacts/edit.html", context)


def _changes(
    request: HttpRequest,
    form: ContactForm,
    before: Mapping[str, Any],
    attributes: Mapping[str, Any],
    known: Sequence[Attribute],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was changed, and what stood there when the page was opened."""
    after = form.cleaned_data
    seen = {key: form.data.get(f"initial-{key}", before[key]) for key in FIELDS}
    changed = {key: after[key] or None for key in FIELDS if after[key] != seen[key]}
    stood: dict[str, Any] = {key: seen[key] or None for key in changed}
    for row in known:
        text = request.POST.get(f"a.{row.key}")
        was = request.POST.get(f"was.{row.key}", shown(attributes.get(row.key)))
        if text is not None and text.strip() != was.strip():
            changed[row.key] = typed(row, text)
            stood[row.key] = typed(row, was) if was.strip() else None
    return changed, stood


def _renew(form: ContactForm, stands: Mapping[str, Any]) -> None:
    """Let what was typed be saved over what stands now."""
    data: Any = cast(QueryDict, form.data).copy()
    for key in FIELDS:
        data[f"initial-{key}"] = stands[key]
    form.data = data


@page("contacts.read", "POST", change="contacts.write")
def unmerge(request: StaffRequest, contact_id: int, merge_id: int) -> HttpResponseBase:
    """Take a merge apart."""
    back = actions.undo_merge(request.actor, merge_id)
    messages.success(request, _("Contact %(n)d is back.") % {"n": back})
    return redirect("contacts-profile", contact_id)


@page("contacts.read", "POST", change="contacts.erase")
def erase(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Erase a person for good."""
    actions.erase(request.actor, contact_id, request.POST.get("reason", ""))
    messages.success(request, _("The person is erased."))
    return redirect("contacts")


def _number(text: str | None) -> int:
    if (found := given.number(text)) is None:
        raise InvalidInput(_("A number is missing."))
    return found


def _chosen(request: HttpRequest) -> tuple[list[int], ContactFilter]:
    """The contacts that were ticked, and the filter of the list they were ticked in."""
    ids = given.numbers(request.POST.getlist("id"))[:MOST]
    listed = HttpRequest()
    listed.GET = QueryDict(request.POST.get("filter", ""))
    return ids, filter_of(listed)


@page("contacts.read", "POST")
def bulk(request: StaffRequest) -> HttpResponseBase:
    """First what would be done to whom, then, confirmed, the act itself."""
    ids, filters = _chosen(request)
    act = request.POST.get("act", "")
    if act not in ACTS:
        raise InvalidInput(_("There is no such act."))
    if request.POST.get("sure") == "yes":
        if request.POST.get("whom") == "all":
            ids = people.ids(filters, MOST)
        return ACTS[act](request, ids)
    if not ids:
        raise InvalidInput(_("Choose somebody first."))
    context = {
        "act": act,
        "ids": ids,
        "people": people.by_ids(ids[:12]),
        "more": max(0, len(ids) - 12),
        "filter": request.POST.get("filter", ""),
        "all": people.count(filters, MOST),
        "stages": leads.live_stages(leads.stages()),
        "lists": segments.segments(kind="static"),
        "attributes": people.attributes(),
        "tags": tags.live(),
    }
    return render(request, "staff/contacts/bulk_confirm.html", context)


def _move(request: StaffRequest, ids: Sequence[int]) -> HttpResponseBase:
    moved = leads_actions.move_stage(
        request.actor,
        ids,
        request.POST.get("to", ""),
        "hand",
        request.POST.get("reason", "")[:300],
        clock.now(),
    )
    n, stay = len(moved.contact_ids), sum(moved.skipped.values())
    text = ngettext("%(n)d lead moved.", "%(n)d leads moved.", n) % {"n": n}
    if stay:
        why = ", ".join(f"{reason} {count}" for reason, count in moved.skipped.items() if count)
        text += " " + _("%(n)d stayed: %(why)s.") % {"n": stay, "why": why}
    messages.success(request, text)
    return redirect("contacts")


def _add(request: StaffRequest, ids: Sequence[int]) -> HttpResponseBase:
    segment_id = _number(request.POST.get("segment"))
    n = lists.add(request.actor, segment_id, ids, clock.now())
    text = ngettext("%(n)d contact added.", "%(n)d contacts added.", n)
    messages.success(request, text % {"n": n})
    return redirect("segments-detail", segment_id)


def _set(request: StaffRequest, ids: Sequence[int]) -> HttpResponseBase:
    known = {row.key: row for row in people.attributes()}
    definition = known.get(request.POST.get("attribute", ""))
    if definition is None:
        raise InvalidInput(_("Choose an attribute."))
    value = typed(definition, request.POST.get("value", ""))
    n = actions.set_attribute(request.actor, ids, definition.key, value)
    text = ngettext("%(n)d contact changed.", "%(n)d contacts changed.", n)
    messages.success(request, text % {"n": n})
    return redirect("contacts")


def _tag(request: StaffRequest, ids: Sequence[int]) -> HttpResponseBase:
    add = tags.names_in(request.POST.get("add", ""))
    remove = tags.names_in(request.POST.get("remove", ""))
    if not add and not remove:
        raise InvalidInput(_("Name a tag."))
    n = tags.tag_contacts(request.actor, ids, add, remove)
    text = ngettext("%(n)d contact changed.", "%(n)d contacts changed.", n)
    messages.success(request, text % {"n": n})
    return redirect("contacts")


def _export(request: StaffRequest, ids: Sequence[int]) -> HttpResponseBase:
    require(request.actor, "contacts.export")
    summary = ngettext("%(n)d contact as CSV", "%(n)d contacts as CSV", len(ids))
    audit.record(request.actor, "contact.export", "contact", "", summary % {"n": len(ids)})
    body = "".join(_lines(ids))
    return HttpResponse(
        body.encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="contacts.csv"'},
    )


def _lines(ids: Sequence[int]) -> Iterator[str]:
    keys = [row.key for row in people.attributes()]
    head = ["contact_id", *SHOWN, "tags", "score", "temperature", "stage", "created_at"]
    stages = leads.stages()
    yield _line([*head, *keys])
    for start in range(0, len(ids), CSV_CHUNK):
        for row in people.by_ids(ids[start : start + CSV_CHUNK]):
            stage = stages.get(row.stage_id or 0)
            cells: list[Any] = [row.contact_id, *(getattr(row, key) for key in SHOWN)]
            cells += [
                ", ".join(row.tags),
                row.score,
                row.temperature,
                stage.key if stage else "",
            ]
            cells += [row.created_at.isoformat(timespec="seconds")]
            yield _line([*cells, *(shown(row.attributes.get(key)) for key in keys)])


_RISKY = ("=", "@", "+", "-", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[\d ().,/-]*\d[\d ().,/-]*")


def _line(cells: Sequence[Any]) -> str:
    """A line of CSV; a cell that a spreadsheet would take for a formula is quoted. Numbers
    stay as they are, those of phones with their +."""
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if _formula(cell) else cell for cell in cells])
    return out.getvalue()


def _formula(cell: Any) -> bool:
    if not isinstance(cell, str) or not cell.startswith(_RISKY):
        return False
    return not _NUMBER.fullmatch(cell)


ACTS = {"stage": _move, "segment": _add, "attribute": _set, "tag": _tag, "export": _export}
"""Bulk acts by name."""
