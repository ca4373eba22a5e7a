"""Settings of the instance that people change here; the rest comes from the environment."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings as environment
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core.errors import TrellisError
from trellis.messaging import policy
from trellis.web.staff import words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.forms import StaffForm

NUMBER = {"inputmode": "numeric"}
TIME = {"type": "time"}


class PolicyForm(StaffForm):
    """What the gate measures every message against."""

    cap_count = forms.IntegerField(
        label=gettext_lazy("Marketing messages per person at most"),
        help_text=gettext_lazy("0 means no cap. Transactional messages do not count."),
        min_value=0,
        widget=forms.NumberInput(attrs=NUMBER),
    )
    cap_days = forms.IntegerField(
        label=gettext_lazy("within days"),
        min_value=1,
        widget=forms.NumberInput(attrs=NUMBER),
    )
    quiet_from = forms.CharField(
        label=gettext_lazy("Quiet hours from"),
        help_text=gettext_lazy("In the time zone of each person. Empty: at any time."),
        required=False,
        widget=forms.TextInput(attrs=TIME),
    )
    quiet_to = forms.CharField(
        label=gettext_lazy("to"), required=False, widget=forms.TextInput(attrs=TIME)
    )
    expiry_hours = forms.IntegerField(
        label=gettext_lazy("Hours after which a late marketing message is skipped"),
        min_value=1,
        widget=forms.NumberInput(attrs=NUMBER),
    )
    soft_bounces = forms.IntegerField(
        label=gettext_lazy("Soft bounces in a row that suppress an address"),
        help_text=gettext_lazy("0 means never. A hard bounce suppresses at once."),
        min_value=0,
        widget=forms.NumberInput(attrs=NUMBER),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@page("health.read", "GET", "POST", change="users.manage")
def settings(request: StaffRequest) -> HttpResponseBase:
    """Show and change the sending policy; show what the environment says."""
    stored = policy.stored()
    initial = {
        name: getattr(stored, name) for name in PolicyForm.base_fields if name != "version"
    }
    initial["version"] = policy.version_of(stored)
    form = PolicyForm(request.POST or None, initial=initial)
    found: Clash | None = None
    if not request.actor.may("users.manage"):
        for field in form.fields.values():
            field.disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            values = {key: form.cleaned_data[key] for key in initial if key != "version"}
            policy.change(request.actor, values, seen(request))
        except TrellisError as error:
            found = clash(error, form)
            if found is None:
                form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved. It holds for every message from now on."))
            return redirect("settings")
    context = {"title": _("Settings"), "form": form, "clash": found, "facts": _environment()}
    return render(request, "staff/settings.html", context)


def _environment() -> list[tuple[str, str, Any]]:
    consent = {
        "explicit": _("Marketing needs a recorded consent"),
        "implied": _("Marketing may be sent until it is withdrawn"),
    }
    server = environment.TRELLIS_SMTP_URL.rsplit("@", 1)[-1]
    if environment.TRELLIS_SANDBOX:
        server = _("The trap: nothing leaves this machine")
    return [
        ("TRELLIS_URL", _("Public address"), environment.TRELLIS_URL),
        ("TRELLIS_TIME_ZONE", _("Time zone of the organisation"), environment.TIME_ZONE),
        ("TRELLIS_CONSENT", _("Consent"), consent[environment.TRELLIS_CONSENT]),
        ("TRELLIS_SMTP_URL", _("Mail server"), server or _("None: messages wait")),
        ("TRELLIS_MAIL_FROM", _("Sender by default"), environment.TRELLIS_MAIL_FROM),
        (
            "TRELLIS_EVENT_MONTHS",
            _("Months of events kept"),
            environment.TRELLIS_EVENT_MONTHS,
        ),
        (
            "TRELLIS_ANONYMOUS_DAYS",
            _("Days until unknown visitors are purged"),
            environment.TRELLIS_ANONYMOUS_DAYS,
        ),
        (
            "TRELLIS_PLACES",
            _("Country and city by network address"),
            words.BASES[environment.TRELLIS_PLACES_BASIS]
            if environment.TRELLIS_PLACES
            else _("Off: nobody is located"),
        ),
    ]
