"""A person's own settings: name, language, theme, time zone."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.accounts.models import User
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.forms import Styled


class ProfileForm(Styled, forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What a member of staff may choose."""

    class Meta:
        model = User
        fields = ("name", "language", "theme", "time_zone")
        labels = {
            "name": gettext_lazy("Name"),
            "language": gettext_lazy("Language"),
            "theme": gettext_lazy("Look"),
            "time_zone": gettext_lazy("Time zone"),
        }
        widgets = {
            "language": forms.Select(),
            "theme": forms.Select(),
            "time_zone": forms.TextInput(attrs={"list": "zones"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=gettext_lazy("Language"),
            required=False,
            choices=[("", _("As the browser says")), *settings.LANGUAGES],
        )
        self.fields["theme"] = forms.ChoiceField(
            label=gettext_lazy("Look"),
            required=False,
            choices=[("", _("As the device says")), ("light", _("Light")), ("dark", _("Dark"))],
        )
        self.style()

    def clean_time_zone(self) -> str:
        """An IANA zone, or nothing for the instance's own."""
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone and zone not in available_timezones():
            raise forms.ValidationError(
                _("There is no such time zone. Example: Europe/Madrid.")
            )
        return zone


@page(None, "GET", "POST")
def profile(request: StaffRequest) -> HttpResponseBase:
    """Show and save the settings of whoever is signed in."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    zones = sorted(available_timezones())
    return render(request, "staff/me.html", {"form": form, "zones": zones})
