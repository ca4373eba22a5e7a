"""Write keys and API keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.accounts import keys as credentials
from trellis.accounts.models import Key, KeyKind
from trellis.accounts.types import RIGHTS
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.forms import StaffForm


class KeyForm(StaffForm):
    """A key to make: what for, and for API keys what it may do."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            (KeyKind.WRITE, gettext_lazy("Write key: a site or app sends events")),
            (KeyKind.API, gettext_lazy("API key: a program reads and changes")),
        ],
        widget=forms.Select(attrs={"class": "form-select", "data-switch": ""}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Say where it is used, so that you dare to revoke it one day."),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes of an API key"),
        required=False,
        choices=[(right, right) for right in sorted(RIGHTS)],
        widget=forms.CheckboxSelectMultiple(),
    )


@page("keys.manage", "GET", "POST")
def keys(request: StaffRequest) -> HttpResponseBase:
    """The keys, and a new one's token, shown once."""
    form = KeyForm(request.POST or None)
    made: tuple[Key, str] | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        scopes = data["scopes"] if data["kind"] == KeyKind.API else []
        made = credentials.create(request.actor, data["kind"], data["name"], scopes)
        form = KeyForm()
    return render(request, "staff/keys.html", _context(request, form, made))


@page("keys.manage", "POST")
def keys_revoke(request: StaffRequest, key_id: int) -> HttpResponseBase:
    """End a key."""
    key = credentials.revoke(request.actor, key_id)
    messages.success(
        request, _("The key %(name)s opens nothing any more.") % {"name": key.name}
    )
    return redirect("keys")


def _context(
    request: StaffRequest, form: KeyForm, made: tuple[Key, str] | None
) -> Mapping[str, Any]:
    rows = list(Key.objects.order_by("revoked_at", "-created_at"))
    host = request.build_absolute_uri("/").rstrip("/")
    return {
        "title": _("Keys"),
        "form": form,
        "made": made,
        "writing": [row for row in rows if row.kind == KeyKind.WRITE],
        "reading": [row for row in rows if row.kind == KeyKind.API],
        "host": host,
        "open": made is None and form.is_bound,
        "scopes": _by_noun(form),
    }


def _by_noun(form: KeyForm) -> list[tuple[str, list[tuple[str, Any]]]]:
    """The boxes of the scopes, a row for each noun: (noun, [(verb, box)])."""
    rows = [
        (*str(box.data["value"]).partition(".")[::2], box) for box in form["scopes"].subwidgets
    ]
    by_noun: dict[str, list[tuple[str, Any]]] = {}
    for noun, verb, box in rows:
        by_noun.setdefault(str(noun), []).append((str(verb).replace("_", " "), box))
    return list(by_noun.items())
