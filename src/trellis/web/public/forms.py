"""The hosted form: shown and sent without a session, in the form's own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from trellis.capture.forms import demands, fields, queries, submit
from trellis.capture.forms.submit import Outcome, Visit
from trellis.capture.models import Form
from trellis.core.instance import refresh_clock

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " form-action 'self' https: http:; base-uri 'none'; frame-ancestors *"
)
"""The page may stand in a frame of any site, and loads nothing from anywhere else."""


@csrf_exempt
@xframe_options_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def form_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show the form; take what was sent. The signed ticket stands in for a CSRF cookie,
    which browsers withhold from frames."""
    refresh_clock()
    form = queries.published(key)
    if form is None:
        raise Http404
    with translation.override(
        form.locale if form.locale in _languages() else settings.LANGUAGE_CODE
    ):
        answer = _send(request, form) if request.method == "POST" else _show(request, form)
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return answer


def _languages() -> set[str]:
    return {code for code, _name in settings.LANGUAGES}


def _send(request: HttpRequest, form: Form) -> HttpResponse:
    typed = {key: str(value) for key, value in request.POST.items()}
    outcome = submit.submit(form, typed, _visit(request, typed), _words())
    if not outcome.accepted:
        return _show(request, form, outcome, status=422)
    if form.redirect_url:
        return redirect(form.redirect_url)
    return render(request, "public/form_thanks.html", {"form": form})


def _words() -> Mapping[str, str]:
    return {
        "consent": _("Please tick the box, or we may not write to you."),
        "stale": _("This page was open for too long. Please send the form once more."),
    }


def _visit(request: HttpRequest, typed: Mapping[str, str]) -> Visit:
    language = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0]
    tail = language.rpartition("-")[2]
    return Visit(
        url=typed.get("page_url", "") or request.build_absolute_uri(),
        referrer=typed.get("page_referrer", "") or request.headers.get("Referer", ""),
        anonymous_id=typed.get("anonymous_id", ""),
        user_agent=request.headers.get("User-Agent", ""),
        region=tail.upper() if "-" in language and len(tail) == 2 else "",
    )


def _show(
    request: HttpRequest, form: Form, outcome: Outcome | None = None, status: int = 200
) -> HttpResponse:
    typed = outcome.values if outcome else request.GET
    faults = outcome.faults if outcome else {}
    context = {
        "form": form,
        "ticket": submit.ticket(form),
        "rows": [_row(item, typed, faults) for item in demands.asked(form)[0]],
        "faults": faults,
        "agreed": typed.get(submit.CONSENT) == "yes" if outcome else False,
        "consent_fault": faults.get(submit.CONSENT, ""),
        "anonymous_id": typed.get("anonymous_id") or request.GET.get("aid", ""),
        "page_url": typed.get("page_url") or request.GET.get("url", ""),
        "page_referrer": typed.get("page_referrer") or request.GET.get("ref", ""),
        "framed": "frame" in request.GET,
    }
    return render(request, "public/form.html", context, status=status)


def _row(
    item: fields.Field, typed: Mapping[str, Any], faults: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "field": item,
        "value": typed.get(item.key, ""),
        "fault": faults.get(item.key, ""),
        "autocomplete": AUTOCOMPLETE.get(item.key, "off" if item.type == "hidden" else "on"),
    }


AUTOCOMPLETE = {
    "email": "email",
    "phone": "tel",
    "first_name": "given-name",
    "last_name": "family-name",
    "city": "address-level2",
    "country": "country-name",
    "company": "organization",
}
"""Field key → what the browser may fill in."""
