"""The audit trail."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.accounts.models import Audit
from trellis.core.paging import Cursor, paged
from trellis.people import masking
from trellis.web.staff import trail
from trellis.web.staff.access import StaffRequest, page

LIMIT = 50


@page("audit.read")
def audit(request: StaffRequest) -> HttpResponseBase:
    """Who changed what, newest first; ``q`` looks at actor, action, object and summary,
    ``kind`` at one kind of thing."""
    rows = Audit.objects.order_by("-at", "-id")
    words = request.GET.get("q", "").strip()[:100]
    kind = request.GET.get("kind", "")
    if words:
        said = Q() if masking.veiled() else Q(summary__icontains=words)
        rows = rows.filter(
            said
            | Q(actor__icontains=words)
            | Q(action__icontains=words)
            | Q(object_type__iexact=words)
        )
    if kind in trail.KINDS:
        rows = rows.filter(object_type=kind)
    after = Cursor.decode(request.GET.get("after", ""))
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.id))
    found = paged(list(rows[: LIMIT + 1]), LIMIT, lambda row: (row.at, row.pk))
    context = {
        "title": _("Audit trail"),
        "page": found,
        "lines": trail.lines(found.rows),
        "kinds": sorted((str(word), key) for key, (word, _icon, _page) in trail.KINDS.items()),
        "kind": kind,
        "q": words,
    }
    return render(request, "staff/audit.html", context)
