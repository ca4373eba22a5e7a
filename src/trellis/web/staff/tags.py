"""Tags: the words on contacts, and who wears them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core.errors import TrellisError
from trellis.people import tags as domain
from trellis.rules import usage
from trellis.web.staff import words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.forms import StaffForm
from trellis.web.staff.memo import remember
from trellis.web.staff.profile import found_or_404


class TagForm(StaffForm):
    """A tag."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"), choices=list(words.TAG_COLOURS.items())
    )
    description = forms.CharField(label=gettext_lazy("What it means"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@page("attributes.read", "GET", "POST", change="attributes.write")
def tags(request: StaffRequest) -> HttpResponseBase:
    """The list with how many wear each; POST makes one, changes one (``key``) or archives it."""
    key, found, form = request.POST.get("key", ""), None, TagForm()
    if request.POST.get("act") == "archive":
        tag = domain.archive(request.actor, key, [use.name for use in usage.of_tag(key)])
        messages.success(request, _("%(name)s is archived.") % {"name": tag.name})
        return redirect("tags")
    if request.method == "POST":
        form = TagForm(request.POST)
        if form.is_valid():
            answer, found = _save(request, key, form)
            if answer is not None:
                return answer
    counts = remember("tags", domain.counts)
    rows = [{"tag": tag, "n": counts.get(tag.key, 0)} for tag in domain.live()]
    context = {
        "title": _("Tags"),
        "of": "tags",
        "rows": rows,
        "form": form,
        "clash": found,
        "open": key,
        "colours": words.TAG_COLOURS,
    }
    return render(request, "staff/tags.html", context)


def _save(
    request: StaffRequest, key: str, form: TagForm
) -> tuple[HttpResponseBase | None, Clash | None]:
    data: dict[str, Any] = {
        name: form.cleaned_data[name] for name in ("name", "colour", "description")
    }
    try:
        if key:
            domain.update(request.actor, key, data, seen(request))
        else:
            domain.create(request.actor, data.pop("name"), data)
    except TrellisError as error:
        if error.status == 403:
            raise
        found = clash(error, form)
        if found is None:
            form.add_error(None, error.message)
        return None, found
    messages.success(request, _("Saved."))
    return redirect("tags"), None


@page("contacts.read", "POST", change="contacts.write")
def tag_contact(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """Put a tag (``add``) on one contact, or take one off (``remove``)."""
    found_or_404(contact_id)
    post = request.POST
    add = domain.names_in(post.get("add", ""))
    remove = [post["remove"]] if post.get("remove") else []
    if add or remove:
        domain.tag_contacts(request.actor, [contact_id], add, remove)
    return redirect("contacts-profile", contact_id)
