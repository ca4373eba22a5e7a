"""The settings of a write key: what its tracker asks, tells by itself, and leaves out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.accounts.models import Key, KeyKind
from trellis.accounts.versions import ChangedMeanwhile
from trellis.core.errors import InvalidInput, NotFound
from trellis.tracking import actions, options
from trellis.tracking.options import AUTOMATIC, Options
from trellis.web.public.script import MINUTES
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.forms import StaffForm

AUTOMATIC_WORDS = {
    "pages": gettext_lazy("Page views, also inside single-page applications"),
    "read": gettext_lazy("Pages read to the end"),
    "time": gettext_lazy("Time on a page"),
    "clicks": gettext_lazy("Clicks on chosen elements"),
    "links": gettext_lazy("Links that lead to other sites, to mail or to the telephone"),
    "downloads": gettext_lazy("Downloads"),
    "products": gettext_lazy("Products seen, put in the cart or on the wish list"),
    "forms": gettext_lazy("Forms begun and left (never what is in them)"),
    "exit": gettext_lazy("Exit intent"),
    "returns": gettext_lazy("Second and later visits, to the site and to a page"),
}


class TrackingForm(StaffForm):
    """``tracking.options.Options`` as a person sets them."""

    consent = forms.ChoiceField(
        label=gettext_lazy("Consent"),
        choices=[
            ("opt_out", gettext_lazy("Track until the visitor refuses")),
            ("opt_in", gettext_lazy("Ask first: track after a yes")),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    before = forms.ChoiceField(
        label=gettext_lazy("Before the answer"),
        choices=[
            ("nothing", gettext_lazy("Send nothing; keep events in the page's memory")),
            ("cookieless", gettext_lazy("Send events without any id, and store nothing")),
        ],
        help_text=gettext_lazy("Only where you ask first."),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    on = forms.MultipleChoiceField(
        label=gettext_lazy("Told by itself"),
        required=False,
        choices=list(AUTOMATIC_WORDS.items()),
        widget=forms.CheckboxSelectMultiple(),
    )
    clicks = forms.CharField(
        label=gettext_lazy("Elements whose clicks count"),
        required=False,
        help_text=gettext_lazy(
            "One a line: a CSS selector, then = and a name, such as “.price-list = Price list”."
        ),
        widget=forms.Textarea(attrs={"class": "form-control t-mono", "rows": 4}),
    )
    read = forms.IntegerField(
        label=gettext_lazy("Seconds until a page counts as read"),
        min_value=0,
        max_value=options.MAX_READ,
        help_text=gettext_lazy("So long it must be in sight, and its end must have been seen."),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    domain = forms.CharField(
        label=gettext_lazy("Domain of the cookie"),
        required=False,
        help_text=gettext_lazy(
            "Such as example.org, to know visitors on all its subdomains. Empty: each alone."
        ),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    sites = forms.CharField(
        label=gettext_lazy("Sites that links in messages may lead to"),
        required=False,
        help_text=gettext_lazy(
            "One host a line, such as www.example.org; subdomains count too. Who clicks is then"
            " known there, after their consent, unless somebody is known by that browser."
            " Empty: clicks tie nothing."
        ),
        widget=forms.Textarea(attrs={"class": "form-control t-mono", "rows": 2}),
    )
    bots = forms.ChoiceField(
        label=gettext_lazy("Robots"),
        choices=[
            ("refuse", gettext_lazy("Refuse and count them")),
            ("mark", gettext_lazy("Keep their events, with a mark")),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def options(self) -> dict[str, Any]:
        """What was chosen, as ``tracking.options.read`` takes it."""
        data = self.cleaned_data
        return {
            "consent": data["consent"],
            "before": data["before"],
            "off": [key for key in AUTOMATIC if key not in data["on"]],
            "clicks": _clicks(data["clicks"]),
            "read": data["read"],
            "domain": data["domain"].strip().lower(),
            "sites": data["sites"].lower().split(),
            "bots": data["bots"],
        }


def _clicks(text: str) -> list[tuple[str, str]]:
    """Lines of ``selector = name``; a selector may itself hold ``=``, inside brackets."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        selector, mark, name = line.rpartition("=")
        if not mark or "]" in name:
            selector, name = line, ""
        found.append((selector.strip(), name.strip()))
    return found


def _initial(known: Options) -> dict[str, Any]:
    lines = [f"{css} = {name}" if name else css for css, name in known.clicks]
    return {
        "consent": known.consent,
        "before": known.before,
        "on": [key for key in AUTOMATIC if key not in known.off],
        "clicks": "\n".join(lines),
        "read": known.read,
        "domain": known.domain,
        "sites": "\n".join(known.sites),
        "bots": known.bots,
    }


@page("keys.manage", "GET", "POST")
def tracking(request: StaffRequest, key_id: int) -> HttpResponseBase:
    """Show and change the settings of a live write key."""
    key = Key.objects.filter(pk=key_id, kind=KeyKind.WRITE, revoked_at=None).first()
    if key is None:
        raise NotFound(_("There is no such write key, or it was revoked."))
    form = TrackingForm(request.POST or None, initial=_initial(options.load(key.tracking)))
    version, met = key.version, None
    if request.method == "POST" and form.is_valid():
        saved, met = _save(request, form, key)
        if saved:
            return redirect("keys-tracking", key_id)
    host = request.build_absolute_uri("/").rstrip("/")
    context = {
        "title": key.name,
        "key": key,
        "form": form,
        "version": met.version if met else version,
        "clash": met,
        "minutes": MINUTES,
        "snippet": f'<script async src="{host}/t.js?key={key.token}"></script>',
    }
    return render(request, "staff/keys/tracking.html", context)


def _save(request: StaffRequest, form: TrackingForm, key: Key) -> tuple[bool, Clash | None]:
    try:
        actions.configure(request.actor, key.pk, form.options(), version=seen(request))
    except InvalidInput as error:
        field = error.data.get("field", "")
        form.add_error(field if field in form.fields else None, error.message)
        return False, None
    except ChangedMeanwhile as error:
        return False, clash(error, form)
    messages.success(
        request, _("Saved. Visitors get it within %(n)d minutes.") % {"n": MINUTES}
    )
    return True, None
