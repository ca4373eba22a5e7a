"""The audit trail."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.accounts.models import Audit
from trellis.core.paging import Cursor, paged
from trellis.people import about, masking
from trellis.rules import evaluate, private
from trellis.web.staff.access import StaffRequest, page

LIMIT = 50


@page("audit.read")
def audit(request: StaffRequest) -> HttpResponseBase:
    """Who changed what, newest first; ``q`` looks at actor, action, object and summary."""
    rows = Audit.objects.order_by("-at", "-id")
    words = request.GET.get("q", "").strip()[:100]
    if words:
        said = Q() if masking.veiled() else Q(summary__icontains=words)
        rows = rows.filter(
            said
            | Q(actor__icontains=words)
            | Q(action__icontains=words)
            | Q(object_type__iexact=words)
        )
    after = Cursor.decode(request.GET.get("after", ""))
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.id))
    found = paged(list(rows[: LIMIT + 1]), LIMIT, lambda row: (row.at, row.pk))
    known = evaluate.fields() if masking.veiled() else {}
    for row in found.rows:
        row.summary = about.trail(row.object_type, row.object_id, row.summary)
        row.change = private.shown(masking.value("", row.change), known)
    context = {"title": _("Audit trail"), "page": found, "q": words}
    return render(request, "staff/audit.html", context)
