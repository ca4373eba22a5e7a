"""The API: one router per noun, in the order of the documentation."""

from __future__ import annotations

from ninja import NinjaAPI, Swagger

from trellis import __version__
from trellis.api import errors
from trellis.api.auth import ApiKey
from trellis.api.guard import StrictParser
from trellis.api.v1 import ROUTERS

api = NinjaAPI(
    title="Trellis API",
    version="1",
    description=(
        "Everything the staff pages can do. Send a key as `Authorization: Bearer ak_…`;"
        " its scopes are named at each call. Lists are paged by cursor. Writing calls"
        " accept an `Idempotency-Key`. Errors are problem details (RFC 9457)."
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
