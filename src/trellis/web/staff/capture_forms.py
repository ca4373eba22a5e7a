"""Forms: list, editing, publishing, how to put one on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms as django_forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.capture.forms import actions, queries
from trellis.capture.models import Form
from trellis.core.errors import Conflict, InvalidInput, TrellisError
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.forms import Styled

TEXT = {"autocomplete": "off"}
if TYPE_CHECKING:
    Base = django_forms.ModelForm[Form]
else:
    Base = django_forms.ModelForm

KINDS = {
    "text": gettext_lazy("Short text"),
    "email": gettext_lazy("Email"),
    "phone": gettext_lazy("Phone"),
    "textarea": gettext_lazy("Long text"),
    "number": gettext_lazy("Number"),
    "date": gettext_lazy("Date"),
    "select": gettext_lazy("Choice from a list"),
    "radio": gettext_lazy("One of several"),
    "checkbox": gettext_lazy("Yes or no"),
    "hidden": gettext_lazy("Hidden value"),
}


class FormForm(Styled, Base):
    """The texts of a form; its fields are rows of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()

    class Meta:
        model = Form
        fields = (
            "name",
            "locale",
            "title",
            "intro",
            "consent_text",
            "consent_required",
            "button",
            "thanks",
            "redirect_url",
        )
        labels = {
            "name": gettext_lazy("Name for staff"),
            "locale": gettext_lazy("Language"),
            "title": gettext_lazy("Heading"),
            "intro": gettext_lazy("What people get"),
            "consent_text": gettext_lazy("What they agree to"),
            "consent_required": gettext_lazy("The form is sent only with this box ticked"),
            "button": gettext_lazy("Word on the button"),
            "thanks": gettext_lazy("Thanks afterwards"),
            "redirect_url": gettext_lazy("Or go to this address afterwards"),
        }
        help_texts = {
            "intro": gettext_lazy("Say what is given, and what will be sent how often."),
            "consent_text": gettext_lazy(
                "Stored word for word with each consent. Without it the form cannot be published."
            ),
        }
        widgets = {
            "name": django_forms.TextInput(attrs=TEXT),
            "locale": django_forms.Select(choices=settings.LANGUAGES),
            "title": django_forms.TextInput(attrs=TEXT),
            "intro": django_forms.Textarea(attrs={**TEXT, "rows": 3}),
            "consent_text": django_forms.Textarea(attrs={**TEXT, "rows": 3}),
            "button": django_forms.TextInput(attrs=TEXT),
            "thanks": django_forms.Textarea(attrs={**TEXT, "rows": 2}),
            "redirect_url": django_forms.TextInput(attrs={**TEXT, "placeholder": "https://"}),
        }


@page("forms.read", "GET", "POST", change="forms.write")
def forms(request: StaffRequest) -> HttpResponseBase:
    """The list; POST makes a new form and opens it."""
    context: dict[str, Any] = {"title": _("Forms")}
    status = 200
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            form = actions.create(request.actor, name)
        except (Conflict, InvalidInput) as error:
            context |= {"written": name, "problem": error.message}
            status = error.status
        else:
            return redirect("forms-edit", form.pk)
    context["rows"] = queries.forms()
    return render(request, "staff/forms.html", context, status=status)


@page("forms.read", "GET", "POST", change="forms.write")
def forms_edit(request: StaffRequest, form_id: int) -> HttpResponseBase:
    """One form: its texts and fields."""
    form = actions.get(form_id)
    shown = FormForm(request.POST or None, instance=form)
    found: Clash | None = None
    version: Any = request.POST.get("version") or actions.version_of(form)
    if request.method == "POST":
        rows = _rows(request)
        if shown.is_valid():
            try:
                values = {**shown.cleaned_data, "fields": rows}
                actions.update(request.actor, form_id, values, seen(request))
            except TrellisError as error:
                found = clash(error)
                if found is None:
                    shown.add_error(None, error.message)
            else:
                messages.success(request, _("Saved."))
                return redirect("forms-edit", form_id)
        fields: Any = rows
    else:
        fields = form.fields
    host = request.build_absolute_uri("/").rstrip("/")
    context = {
        "title": form.name,
        "form": shown,
        "row": actions.get(form_id),
        "clash": found,
        "version": found.version if found else version,
        "fields": [*fields, {}],
        "kinds": KINDS.items(),
        "link": f"{host}/f/{form.key}/",
        "embed": f'<script async src="{host}/static/public/embed.js" data-form="{form.key}"></script>',
    }
    return render(request, "staff/forms_edit.html", context)


@page("forms.write", "POST")
def forms_state(request: StaffRequest, form_id: int) -> HttpResponseBase:
    """Publish, take back or archive."""
    act = request.POST.get("act")
    if act == "publish":
        form = actions.publish(request.actor, form_id)
        messages.success(request, _("%(name)s is on the web now.") % {"name": form.name})
    elif act == "unpublish":
        form = actions.unpublish(request.actor, form_id)
        messages.success(request, _("%(name)s is closed.") % {"name": form.name})
    else:
        form = actions.archive(request.actor, form_id)
        messages.success(request, _("%(name)s is archived.") % {"name": form.name})
        return redirect("forms")
    return redirect("forms-edit", form_id)


def _rows(request: StaffRequest) -> list[dict[str, Any]]:
    """The fields as the editor posts them: parallel lists, a row without key and label is
    no row."""
    post = request.POST
    rows: list[dict[str, Any]] = []
    names = ("key", "label", "type", "options", "hint", "value", "required")
    columns = {name: post.getlist(f"field_{name}") for name in names}
    for at, key in enumerate(columns["key"]):
        cell = {
            name: column[at] if at < len(column) else "" for name, column in columns.items()
        }
        if not key.strip() and not cell["label"].strip():
            continue
        row: dict[str, Any] = {
            "key": key.strip() or _key_of(cell["label"]),
            "label": cell["label"].strip(),
            "type": cell["type"] or "text",
        }
        if cell["required"] == "yes":
            row["required"] = True
        if options := [line.strip() for line in cell["options"].splitlines() if line.strip()]:
            row["options"] = options
        for name in ("hint", "value"):
            if cell[name].strip():
                row[name] = cell[name].strip()
        rows.append(row)
    return rows


def _key_of(label: str) -> str:
    plain = "".join(
        sign if sign.isascii() and sign.isalnum() else "_" for sign in label.lower()
    )
    return plain.strip("_")[:64] or "field"
