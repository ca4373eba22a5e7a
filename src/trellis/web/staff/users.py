"""Members of staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.accounts import actions
from trellis.accounts.models import Role, User
from trellis.accounts.versions import ChangedMeanwhile
from trellis.core.errors import TrellisError
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import clash, seen
from trellis.web.staff.forms import StaffForm

ROLES = {
    Role.ADMIN: gettext_lazy("Administrator: everything, users and keys too"),
    Role.MARKETER: gettext_lazy("Marketer: segments, journeys, messages, forms"),
    Role.SUPERVISOR: gettext_lazy("Supervisor: leads of the whole team"),
    Role.MDR: gettext_lazy("Market development: checks leads, brings lists in"),
    Role.SDR: gettext_lazy("Sales development: qualifies leads for sales"),
    Role.SALES: gettext_lazy("Salesperson: contacts and leads"),
    Role.VIEWER: gettext_lazy("Viewer: reads only, addresses and numbers veiled"),
}


class UserForm(StaffForm):
    """A member of staff to add."""

    email = forms.EmailField(
        label=gettext_lazy("Email"), widget=forms.EmailInput(attrs={"class": "form-control"})
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=list(ROLES.items()),
        initial=Role.MARKETER,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    password = forms.CharField(
        label=gettext_lazy("First password"),
        help_text=gettext_lazy("At least ten characters; they can change it after signing in."),
        widget=forms.PasswordInput(
            attrs={"class": "form-control", "autocomplete": "new-password"}
        ),
    )


@page("users.manage", "GET", "POST")
def users(request: StaffRequest) -> HttpResponseBase:
    """The list, and adding."""
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = actions.add_user(
                request.actor,
                data["email"],
                name=data["name"],
                role=data["role"],
                password=data["password"],
            )
        except TrellisError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s can sign in now.") % {"name": user})
            return redirect("users")
    return _list(request, form)


def _list(
    request: StaffRequest, form: UserForm, status: int = 200, **more: Any
) -> HttpResponse:
    found = User.objects.order_by("-is_active", "name", "email")
    rows = [{"user": row, "version": actions.version_of(row)} for row in found]
    context = {"title": _("Users"), "form": form, "rows": rows, "roles": ROLES.items(), **more}
    return render(request, "staff/users.html", context, status=status)


@page("users.manage", "POST")
def users_change(request: StaffRequest, user_id: int) -> HttpResponseBase:
    """Another role, or access ended or given again. Where somebody else changed the role
    meanwhile, the chosen one stands in the list again, to be given all the same."""
    if role := request.POST.get("role"):
        try:
            user = actions.set_role(request.actor, user_id, role, seen(request))
        except ChangedMeanwhile as error:
            again = {"clash": clash(error), "chosen": role, "of": user_id}
            return _list(request, UserForm(), error.status, **again)
        text = _("%(name)s has another role now.")
    elif request.POST.get("active") == "no":
        user = actions.deactivate(request.actor, user_id, seen(request))
        text = _("%(name)s cannot sign in any more.")
    else:
        user = actions.reactivate(request.actor, user_id, seen(request))
        text = _("%(name)s can sign in again.")
    messages.success(request, text % {"name": user})
    return redirect("users")
