"""Attributes of contacts and of companies: what they are, how their values spread."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core.errors import TrellisError
from trellis.people import definitions, spread
from trellis.people.models import Definition
from trellis.rules import usage
from trellis.web.staff import words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import clash, seen
from trellis.web.staff.forms import StaffForm
from trellis.web.staff.memo import remember
from trellis.web.staff.uses import shown
from trellis.web.staff.valued import source_words


class AttributeForm(StaffForm):
    """An attribute. Key and type are asked once only."""

    label = forms.CharField(label=gettext_lazy("Label"), max_length=120)
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=64,
        help_text=gettext_lazy("As programs send it: company_size. It stays for good."),
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=list(words.ATTRIBUTE_TYPES.items()),
        widget=forms.Select(attrs={"data-switch": ""}),
    )
    bucket = forms.ChoiceField(
        label=gettext_lazy("Bucket"),
        choices=[(key, label) for key, (label, _hint) in words.BUCKETS.items()],
    )
    how = forms.ChoiceField(
        label=gettext_lazy("How it is learned"),
        choices=[
            ("active", gettext_lazy("Actively: people say it")),
            ("passive", gettext_lazy("Passively: it is observed")),
        ],
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Of numbers: €, kg, people."),
    )
    minimum = forms.FloatField(label=gettext_lazy("At least"), required=False)
    maximum = forms.FloatField(label=gettext_lazy("At most"), required=False)
    pattern = forms.CharField(
        label=gettext_lazy("Pattern"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A regular expression that the whole text must match."),
    )
    options = forms.CharField(
        label=gettext_lazy("Allowed values"),
        required=False,
        help_text=gettext_lazy("One a line; empty allows any."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    required = forms.BooleanField(
        label=gettext_lazy("Forms that ask for it must have an answer"), required=False
    )
    description = forms.CharField(
        label=gettext_lazy("What it means"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """What ``people.definitions`` takes."""
        data = self.cleaned_data
        lines = [line.strip() for line in data["options"].splitlines()]
        same = ("label", "bucket", "how", "unit", "minimum", "maximum", "pattern", "required")
        return {
            **{name: data[name] for name in same},
            "options": [line for line in lines if line],
            "description": data["description"],
        }


def _of(request: StaffRequest) -> str:
    return "company" if request.GET.get("of") == "company" else "contact"


@page("attributes.read", "GET", "POST", change="attributes.write")
def attributes(request: StaffRequest) -> HttpResponseBase:
    """The list; POST defines a new one."""
    of = _of(request)
    form = AttributeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            definitions.create(request.actor, data["key"], data["type"], form.values(), of)
        except TrellisError as error:
            _blame(form, error)
        else:
            messages.success(request, _("%(name)s is ready to use.") % {"name": data["label"]})
            return redirect(f"{request.path}?of={of}")
    filled, looked = remember(f"filled-{of}", lambda: spread.filled(of))
    rows = [
        {"row": row, "n": filled.get(row.key, 0), "share": _share(filled, row.key, looked)}
        for row in spread.live(of)
    ]
    classes = [
        {
            "key": key,
            "label": label,
            "hint": hint,
            "rows": [r for r in rows if r["row"].bucket == key],
        }
        for key, (label, hint) in words.BUCKETS.items()
    ]
    context = {
        "title": _("Attributes"),
        "rows": rows,
        "classes": classes,
        "form": form,
        "of": of,
    }
    return render(request, "staff/attributes.html", context)


def _share(filled: dict[str, int], key: str, looked: int) -> int:
    return round(100 * filled.get(key, 0) / looked) if looked else 0


def _blame(form: forms.Form, error: TrellisError) -> None:
    field = error.data.get("field")
    form.add_error(field if field in form.fields else None, error.message)


@page("attributes.read", "GET", "POST", change="attributes.write")
def attributes_edit(request: StaffRequest, key: str) -> HttpResponseBase:
    """One attribute: its settings and values; ``act`` archives it or renames an option."""
    of = _of(request)
    row = definitions.get(key, of)
    uses = list(usage.of_attribute(key) if of == "contact" else usage.of_company_attribute(key))
    used_by = [use.name for use in uses]
    act = request.POST.get("act", "")
    if act == "archive":
        definitions.archive(request.actor, key, used_by, of)
        messages.success(request, _("%(name)s is archived.") % {"name": row.label})
        return redirect("attributes")
    if act == "rename":
        return _rename(request, row, of)
    form = _form(request, row)
    found = None
    if request.method == "POST" and form.is_valid():
        try:
            definitions.update(request.actor, key, form.values(), of, seen(request))
        except TrellisError as error:
            found = clash(error, form)
            if found is None:
                _blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{request.path}?of={of}")
    context = {
        "title": row.label,
        "row": row,
        "of": of,
        "form": form,
        "clash": found,
        "users": shown(uses),
        **_spread(row, of),
    }
    if request.htmx:
        return render(request, "staff/attributes_edit.html#renamings", context)
    return render(request, "staff/attributes_edit.html", context)


def _form(request: StaffRequest, row: Definition) -> AttributeForm:
    start = {
        name: getattr(row, name) for name in AttributeForm.base_fields if name != "options"
    }
    start["options"] = "\n".join(row.options)
    if request.method != "POST":
        form = AttributeForm(initial=start)
    else:
        data = request.POST.copy()
        data["key"], data["type"] = row.key, row.type
        form = AttributeForm(data, initial=start)
    for name in ("key", "type"):
        form.fields[name].disabled = True
    return form


def _rename(request: StaffRequest, row: Definition, of: str) -> HttpResponseBase:
    before, after = request.POST.get("before", ""), request.POST.get("after", "")
    named = [use.name for use in usage.of_option(row.key, before, of)]
    try:
        definitions.rename_option(request.actor, row.key, before, after, named, of)
    except TrellisError as error:
        if error.status == 403:
            raise
        messages.error(request, error.message)
    else:
        messages.success(request, _("The option is renamed; stored values follow now."))
    return redirect(f"{request.path}?of={of}")


def _spread(row: Definition, of: str) -> dict[str, Any]:
    found = remember(
        f"spread-{of}-{row.key}-{row.version}", lambda: spread.of_attribute(row, of)
    )
    options = (
        remember(f"options-{of}-{row.key}-{row.version}", lambda: spread.options(row, of))
        if row.options
        else {}
    )
    jobs = spread.renamings(row.key, of)
    labels = {"true": _("yes"), "false": _("no")} if row.type == "boolean" else {}
    plot: dict[str, Any] = {
        "labels": [str(labels.get(bar.label, bar.label)) for bar in found.bars],
        "series": [{"name": str(row.label), "data": [bar.n for bar in found.bars]}],
    }
    known = {**{option: options.get(option, 0) for option in row.options}}
    return {
        "spread": found,
        "share": round(100 * found.filled / found.total) if found.total else 0,
        "plot": plot,
        "bars": [
            {"label": plot["labels"][place], "n": bar.n} for place, bar in enumerate(found.bars)
        ],
        "options": known,
        "sources": [(source_words(src), n) for src, n in list(found.sources.items())[:8]],
        "renamings": jobs[:5],
        "renaming": any(job.done_at is None for job in jobs),
    }
