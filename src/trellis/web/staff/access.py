"""Who may see a page: one decorator, which also gives the view its actor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django_htmx.middleware import HtmxDetails

from trellis.accounts.access import actor_of, require
from trellis.accounts.models import User
from trellis.accounts.types import Actor, Right
from trellis.people import masking

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff."""

    htmx: HtmxDetails
    user: User  # never anonymous behind ``page``
    actor: Actor


View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def page(
    right: Right | None = None, *methods: str, change: Right | None = None
) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Make a function a staff page that answers ``methods`` (GET where none is named).

    Needs somebody signed in who has ``right``, and ``change`` too for anything but GET.
    Anonymous visitors are sent to the sign-in page; a fragment tells htmx to go there.
    """
    allowed = methods or ("GET",)

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if request.method not in allowed and request.method != "HEAD":
                return HttpResponseNotAllowed(allowed)
            if not request.user.is_authenticated:
                return _sign_in(request)
            staff = cast(StaffRequest, request)
            staff.actor = actor_of(staff.user)
            masking.look_as(staff.actor)
            if right is not None:
                require(staff.actor, right)
            if change is not None and request.method not in {"GET", "HEAD"}:
                require(staff.actor, change)
            return view(staff, *args, **kwargs)

        return guarded

    return decorate


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    response = redirect_to_login(request.get_full_path())
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response
