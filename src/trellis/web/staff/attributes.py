"""Attributes and signals: what Trellis knows of people, and what it counts of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core import clock
from trellis.core.errors import NotFound, TrellisError
from trellis.events import queries as events
from trellis.people import definitions
from trellis.people.models import Attribute
from trellis.rules import usage
from trellis.web.staff import words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.forms import StaffForm

SEEN = timedelta(days=30)


class AttributeForm(StaffForm):
    """An attribute. Key and type are asked once only."""

    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=64,
        help_text=gettext_lazy("As programs send it: company_size. It stays for good."),
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"), choices=list(words.ATTRIBUTE_TYPES.items())
    )
    label = forms.CharField(label=gettext_lazy("Label"), max_length=120)
    bucket = forms.ChoiceField(
        label=gettext_lazy("Class"),
        choices=[(key, label) for key, (label, _hint) in words.BUCKETS.items()],
    )
    how = forms.ChoiceField(
        label=gettext_lazy("How it is learned"),
        choices=[
            ("active", gettext_lazy("Actively: people say it")),
            ("passive", gettext_lazy("Passively: it is observed")),
        ],
    )
    options = forms.CharField(
        label=gettext_lazy("Allowed values"),
        required=False,
        help_text=gettext_lazy("One a line; empty allows any."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    description = forms.CharField(
        label=gettext_lazy("What it means"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def values(self) -> dict[str, Any]:
        """What ``people.definitions`` takes."""
        data = self.cleaned_data
        lines = [line.strip() for line in data["options"].splitlines()]
        return {
            "label": data["label"],
            "bucket": data["bucket"],
            "how": data["how"],
            "options": [line for line in lines if line],
            "description": data["description"],
        }


@page("attributes.read", "GET", "POST", change="attributes.write")
def attributes(request: StaffRequest) -> HttpResponseBase:
    """The list; POST defines a new one."""
    form = AttributeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            definitions.create(request.actor, data["key"], data["type"], form.values())
        except TrellisError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s is ready to use.") % {"name": data["label"]})
            return redirect("attributes")
    rows = Attribute.objects.filter(archived_at=None).order_by("bucket", "label")
    context = {"title": _("Attributes"), "rows": rows, "form": form}
    return render(request, "staff/attributes.html", context)


@page("attributes.read", "GET", "POST", change="attributes.write")
def attributes_edit(request: StaffRequest, key: str) -> HttpResponseBase:
    """One attribute: its settings, or (``act=archive``) its end."""
    row = Attribute.objects.filter(key=key, archived_at=None).first()
    if row is None:
        raise NotFound(_("There is no attribute %(key)s.") % {"key": key})
    used_by = [use.name for use in usage.of_attribute(key)]
    if request.POST.get("act") == "archive":
        definitions.archive(request.actor, key, used_by)
        messages.success(request, _("%(name)s is archived.") % {"name": row.label})
        return redirect("attributes")
    start = {
        "key": row.key,
        "type": row.type,
        "label": row.label,
        "bucket": row.bucket,
        "how": row.how,
        "options": "\n".join(row.options),
        "description": row.description,
    }
    fixed = {"key": row.key, "type": row.type}
    form = AttributeForm(
        {**request.POST.dict(), **fixed} if request.method == "POST" else None, initial=start
    )
    for name in fixed:
        form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            definitions.update(request.actor, key, form.values())
        except TrellisError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("attributes")
    context = {"title": row.label, "row": row, "form": form, "used_by": used_by}
    return render(request, "staff/attributes_edit.html", context)


@page("signals.read")
def signals(request: StaffRequest) -> HttpResponseBase:
    """What is counted, how often it was seen lately, and how far back-fills are."""
    rows = events.signals(clock.now() - SEEN)
    context = {
        "title": _("Signals"),
        "rows": rows,
        "building": any(row.signal.status == "building" for row in rows),
    }
    template = "staff/signals.html#list" if request.htmx else "staff/signals.html"
    return render(request, template, context)
