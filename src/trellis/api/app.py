"""The API: one router per noun, in the order of the documentation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger
from typing_extensions import override

from trellis import __version__
from trellis.api import errors, etag
from trellis.api.auth import ApiKey
from trellis.api.guard import StrictParser
from trellis.api.v1 import ROUTERS


class Api(NinjaAPI):
    """Ninja's, with the ``ETag`` of single objects."""

    @override
    def create_response(self, request: HttpRequest, data: Any, **more: Any) -> HttpResponse:
        """The answer with this data."""
        answer = super().create_response(request, data, **more)
        etag.mark(answer, data)
        return answer


api = Api(
    title="Trellis API",
    version="1",
    description=(
        "Everything the staff pages can do. Send a key as `Authorization: Bearer ak_…`;"
        " its scopes are named at each call. Lists are paged by cursor. Writing calls"
        " accept an `Idempotency-Key`. Errors are problem details (RFC 9457). Objects that"
        " people edit come with an `ETag`: the number of their `version` in quotes. Send it as"
        " `If-Match` with a change, and the change is refused with 412 and what differs where"
        " somebody else saved meanwhile; the same number as `version` in the body does too."
    ),
    auth=ApiKey(),
    parser=StrictParser(),
    urls_namespace="api-v1",
    docs=Swagger(settings={"persistAuthorization": True}),
    openapi_extra={"info": {"x-trellis-version": __version__}},
)
errors.install(api)
for prefix, router in ROUTERS:
    api.add_router(prefix, router)
