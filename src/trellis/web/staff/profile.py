"""The profile of one contact: who, why, what next, and what happened; made of cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from trellis.core.errors import NotFound
from trellis.core.paging import Cursor
from trellis.events import queries as events
from trellis.people import queries as people
from trellis.people.queries import Profile
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.cards import CARDS, story
from trellis.web.staff.cards.subject import Subject, shown
from trellis.web.staff.timeline import by_day


def found_or_404(contact_id: int) -> Profile:
    """The contact; raises ``NotFound``."""
    contact = people.profile(contact_id)
    if contact is None:
        raise NotFound(_("There is no contact %(n)d.") % {"n": contact_id})
    return contact


@page("contacts.read")
def profile(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """The whole page. A contact that was merged away leads to the one it went to."""
    contact = found_or_404(contact_id)
    if contact.merged_into is not None:
        return redirect("contacts-profile", contact.merged_into)
    return draw(request, contact)


def draw(
    request: StaffRequest,
    contact: Profile,
    typed: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a contact; with ``typed``, what one of its forms was refused with stands
    in it again."""
    got = request.GET.dict()
    cards = shown(
        CARDS, Subject(contact=contact, actor=request.actor, got=got, typed=typed or {})
    )
    context = {"contact": contact, "head": cards.pop("head"), "panes": cards}
    return render(request, "staff/contacts/profile.html", context, status=status)


@page("contacts.read")
def timeline(request: StaffRequest, contact_id: int) -> HttpResponseBase:
    """The timeline under other filters; older events (``after``); or only those since the
    newest shown (``since``)."""
    found_or_404(contact_id)
    got = request.GET.dict()
    since = Cursor.decode(got.get("since", ""))
    if since is not None:
        rows = events.newer(contact_id, since, story.wanted(got))
        if not rows:
            return HttpResponse(status=204)
        fresh = {"this": {"events": by_day(rows)}, "fresh": True}
        return render(request, "staff/contacts/events.html", fresh)
    after = Cursor.decode(got.get("after", ""))
    context = {"this": story.page(contact_id, got, after)}
    if after is not None:
        return render(request, "staff/contacts/events.html", context)
    answer = render(request, "staff/contacts/cards/story_list.html", context)
    address = reverse("contacts-profile", args=[contact_id])
    answer["HX-Replace-Url"] = f"{address}?{context['this']['query']}"
    return answer
