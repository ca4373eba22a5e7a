"""Templates of messages: the list, the editor with its live preview, test sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from trellis.accounts.access import require
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.slugs import slug
from trellis.messaging import actions, preview
from trellis.messaging import queries as messaging
from trellis.messaging.actions import TemplateDraft
from trellis.messaging.models import Template, TemplateVersion
from trellis.messaging.trap import FRAME_POLICY
from trellis.web.staff import someone, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.memo import forget, remember

STARTER = """<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text font-size="18px">Hello {{ contact.first_name | default: "there" }},</mj-text>
        <mj-text>Write here what you want to say.</mj-text>
        <mj-button href="https://example.com/">Have a look</mj-button>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text font-size="12px"><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


@page("templates.read")
def templates(request: StaffRequest) -> HttpResponseBase:
    """The list with what became of the messages of each template."""
    query = request.GET.get("q", "")[:100]
    rows = remember(f"templates {query}", lambda: messaging.templates(query=query))
    return render(request, "staff/templates/list.html", {"rows": rows})


def _variants(request: HttpRequest) -> dict[str, dict[str, str]]:
    """The variants of the form: every locale of which some part was written."""
    found: dict[str, dict[str, str]] = {}
    for locale in ["", *(code for code, _name in settings.LANGUAGES)]:
        post = {
            part: request.POST.get(f"v.{locale}.{part}", "").replace("\r\n", "\n")
            for part in ("subject", "preheader", "body", "text")
        }
        kind = "html" if request.POST.get(f"v.{locale}.kind") == "html" else "mjml"
        body = post.pop("body")
        parts = {part: text for part, text in {**post, kind: body}.items() if text.strip()}
        if parts:
            found[locale] = parts
    return found


def _draft(request: HttpRequest, template: Template | None) -> TemplateDraft:
    name = request.POST.get("name", "")
    return TemplateDraft(
        key=template.key if template else request.POST.get("key") or slug(name),
        name=name,
        purpose=request.POST.get("purpose", "marketing"),
        variants=_variants(request),
        from_name=request.POST.get("from_name", ""),
        from_email=request.POST.get("from_email", ""),
        reply_to=request.POST.get("reply_to", ""),
    )


def _panels(variants: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """One panel of the editor per locale, the default first."""
    names = [("", _("Default")), *settings.LANGUAGES]
    return [
        {
            "locale": locale,
            "name": name,
            "parts": variants.get(locale, {}),
            "kind": "html" if "html" in variants.get(locale, {}) else "mjml",
            "body": variants.get(locale, {}).get("html")
            or variants.get(locale, {}).get("mjml", ""),
            "used": locale in variants,
        }
        for locale, name in names
    ]


@page("templates.read", "GET", "POST", change="templates.write")
def edit(request: StaffRequest, key: str | None = None) -> HttpResponseBase:
    """Make or change a template; saving adds a version. Who may only read sees what there
    is, never an empty form."""
    if key is None:
        require(request.actor, "templates.write")
    version = messaging.version(key) if key else None
    template = version.template if version else None
    problems: list[Mapping[str, Any]] = []
    found: Clash | None = None
    revision: Any = actions.revision_of(template) if template else ""
    revision = request.POST.get("version", revision)
    variants: Mapping[str, Mapping[str, str]] = (
        version.variants if version else {"": {"subject": "", "mjml": STARTER}}
    )
    written: Mapping[str, Any] = _written(template, version)
    if request.method == "POST":
        draft = _draft(request, template)
        try:
            saved = actions.save_template(request.actor, draft, seen(request))
        except (InvalidInput, Conflict) as error:
            found = clash(error)
            known = error.data.get("problems") or [{"message": error.message}]
            problems = [] if found else list(known)
            variants, written = draft.variants, request.POST
        else:
            messages.success(request, _("Saved as version %(n)d.") % {"n": saved.number})
            forget()
            return redirect("templates-edit", saved.template.key)
    context = {
        "template": template,
        "version": version,
        "written": written,
        "panels": _panels(variants),
        "problems": problems,
        "clash": found,
        "revision": found.version if found else revision,
        "purposes": {key: words.PURPOSES[key] for key in ("marketing", "transactional")},
        "mail_from": settings.TRELLIS_MAIL_FROM,
    }
    return render(
        request,
        "staff/templates/edit.html",
        context,
        status=409 if found else 422 if problems else 200,
    )


def _written(template: Template | None, version: TemplateVersion | None) -> dict[str, str]:
    return {
        "name": template.name if template else "",
        "key": template.key if template else "",
        "purpose": template.purpose if template else "marketing",
        "from_name": version.from_name if version else "",
        "from_email": version.from_email if version else "",
        "reply_to": version.reply_to if version else "",
    }


@page("templates.read", "POST")
def show(request: StaffRequest) -> HttpResponseBase:
    """What the form would send, as a page for the preview frame. Stores nothing."""
    who = request.POST.get("contact", "")
    if who:
        require(request.actor, "contacts.see_private")
    try:
        made = preview.draft(
            _variants(request),
            request.POST.get("purpose", "marketing"),
            contact_id=someone.one(who) if who else None,
            locale=request.POST.get("show") if "show" in request.POST else None,
        )
        body = made.html if request.POST.get("as") != "text" else _plain(made.text)
    except (InvalidInput, NotFound) as error:
        body = _plain(error.message)
    return HttpResponse(body, headers={"Content-Security-Policy": FRAME_POLICY})


def _plain(text: str) -> str:
    return format_html(
        '<pre style="font:14px/1.5 sans-serif;white-space:pre-wrap">{}</pre>', text
    )


@page("templates.read", "POST", change="messages.send")
def test(request: StaffRequest, key: str) -> HttpResponseBase:
    """Send the saved version to an address."""
    version = messaging.version(key)
    address = request.POST.get("to", "") or request.user.email
    contact_id = someone.one(request.POST.get("contact", ""))
    actions.send_test(request.actor, version.pk, to=address, contact_id=contact_id)
    messages.success(request, _("A test is on its way to %(to)s.") % {"to": address})
    return redirect("templates-edit", key)


@page("templates.read", "POST", change="templates.write")
def archive(request: StaffRequest, key: str) -> HttpResponseBase:
    """Take a template out of use."""
    template = messaging.template(key)
    actions.archive_template(request.actor, key)
    forget()
    messages.success(request, _("%(name)s is archived.") % {"name": template.name})
    return redirect("templates")
