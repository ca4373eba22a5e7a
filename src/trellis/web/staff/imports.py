"""Imports: upload, say what the columns mean, try, start, watch, and see what was refused."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.capture.imports import actions, queries, sniff, targets
from trellis.capture.imports.types import options_of
from trellis.capture.models import Import
from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.people.models import Attribute
from trellis.sources.models import Source
from trellis.web.staff import words
from trellis.web.staff.access import StaffRequest, page

FIELDS = {
    "email": gettext_lazy("Email"),
    "phone": gettext_lazy("Phone"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "name": gettext_lazy("Full name"),
    "company": gettext_lazy("Company"),
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
    "locale": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "tags": gettext_lazy("Tags"),
    "user_id": gettext_lazy("User id"),
    "at": gettext_lazy("Date of the row"),
}
CONSENTS = {
    "consent.marketing": gettext_lazy("Agreed to marketing"),
    "consent.sales_contact": gettext_lazy("Agreed to be contacted by sales"),
    "consent.tracking": gettext_lazy("Agreed to tracking"),
}


@page("imports.read", "GET", "POST", change="imports.write")
def imports(request: StaffRequest) -> HttpResponseBase:
    """The list; POST takes a file in and goes on to its columns."""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            raise InvalidInput(_("Choose a file first."))
        source = actions.create(request.actor, file.name or "", cast(BinaryIO, file))
        return redirect("imports-detail", source.pk)
    rows = queries.newest()
    context = {
        "title": _("Imports"),
        "rows": rows,
        "running": any(row.state == "running" for row in rows),
    }
    template = "staff/imports.html#list" if request.htmx else "staff/imports.html"
    return render(request, template, context)


@page("imports.read", "GET", "POST", change="imports.write")
def imports_detail(request: StaffRequest, import_id: int) -> HttpResponseBase:
    """One import: its columns and a trial before the start, its progress and result after."""
    source = _get(import_id)
    fault = ""
    if request.method == "POST":
        act = request.POST.get("act")
        if act == "cancel":
            actions.cancel(request.actor, import_id)
            return redirect("imports-detail", import_id)
        try:
            source = _configure(request, source)
            if act == "start":
                actions.start(request.actor, import_id)
                messages.success(request, _("The import has begun."))
            return redirect("imports-detail", import_id)
        except TrellisError as error:
            fault = error.message
    if source.state == "uploaded":
        return render(
            request,
            "staff/imports_map.html",
            _mapping(source, fault),
            status=422 if fault else 200,
        )
    context = {"title": source.name, "row": source, "faults": queries.faults_by_reason(source)}
    template = (
        "staff/imports_detail.html#state" if request.htmx else "staff/imports_detail.html"
    )
    return render(request, template, context)


@page("contacts.see_private")
def imports_faults(request: StaffRequest, import_id: int) -> HttpResponseBase:
    """The rows that were not accepted, as a file to mend and import again."""
    source = _get(import_id)
    answer = StreamingHttpResponse(
        queries.fault_lines(source), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="import-{source.pk}-rejected.csv"'
    return answer


def _get(import_id: int) -> Import:
    source = Import.objects.filter(pk=import_id).first()
    if source is None:
        raise NotFound(_("There is no such import."))
    return source


def _configure(request: StaffRequest, source: Import) -> Import:
    """Columns are posted by place, because their names may be anything."""
    post = request.POST
    columns = options_of(source.options).layout.columns
    mapping = {
        column: post[f"column_{place}"]
        for place, column in enumerate(columns)
        if f"column_{place}" in post
    }
    layout = {"encoding": post.get("encoding", ""), "header": post.get("header") == "yes"}
    changed = _layout(source) != layout
    options: dict[str, Any] = {
        "source": post.get("source", ""),
        "update": post.get("update", "newest"),
        "consent": post.getlist("consent"),
        "wording": post.get("wording", ""),
        "region": post.get("region", "").strip().upper()[:2],
        "layout": layout,
    }
    return actions.configure(request.actor, source.pk, {} if changed else mapping, options)


def _layout(source: Import) -> dict[str, Any]:
    layout = options_of(source.options).layout
    return {"encoding": layout.encoding, "header": layout.header}


def _mapping(source: Import, fault: str) -> dict[str, Any]:
    options = options_of(source.options)
    trial = queries.preview(source)
    samples = [
        [row.cells[place] for row in trial.rows if place < len(row.cells) and row.cells[place]][
            :3
        ]
        for place in range(len(trial.columns))
    ]
    return {
        "title": source.name,
        "row": source,
        "fault": fault,
        "trial": trial,
        "options": options,
        "columns": [
            {
                "place": place,
                "name": column,
                "target": source.mapping.get(column, ""),
                "samples": samples[place],
            }
            for place, column in enumerate(trial.columns)
        ],
        "choices": _choices(source),
        "encodings": [name for name in sniff.ENCODINGS if name != "utf-16"],
        "sources": Source.objects.order_by("parent__name", "name"),
        "purposes": [
            (key, label) for key, label in words.PURPOSES.items() if key != "transactional"
        ],
    }


def _choices(source: Import) -> list[tuple[str, list[tuple[str, Any]]]]:
    known = [
        (targets.ATTRIBUTE + row.key, row.label)
        for row in Attribute.objects.filter(archived_at=None).order_by("label")
    ]
    named = {key for key, _label in known}
    new = sorted(
        target
        for target in set(source.mapping.values())
        if target.startswith((targets.ATTRIBUTE, targets.EXTERNAL)) and target not in named
    )
    return [
        (_("Person"), list(FIELDS.items())),
        (_("Consent"), list(CONSENTS.items())),
        (_("Attributes"), known),
        (_("New"), [(target, target.partition(".")[2]) for target in new]),
    ]
