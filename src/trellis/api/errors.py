"""Every error of the API, mapped once to problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any, cast

from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from trellis.accounts.versions import ChangedMeanwhile
from trellis.core.errors import TrellisError

TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str, **data: Any) -> HttpResponse:
    """A problem response: ``code`` is for programs, ``detail`` a sentence for people."""
    body = {"type": "about:blank", "title": _TITLES.get(status, "Error"), "status": status}
    return JsonResponse(
        {**body, "code": code, "detail": detail, **data}, status=status, content_type=TYPE
    )


_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid",
    429: "Too many requests",
    503: "Unavailable",
}


def _trellis(_request: HttpRequest, error: TrellisError) -> HttpResponse:
    data = {key: value for key, value in error.data.items() if key not in _RESERVED}
    status = 412 if isinstance(error, ChangedMeanwhile) else error.status
    return problem(status, error.code, error.message, **data)


_RESERVED = {"type", "title", "status", "code", "detail"}


def _validation(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [
        {"path": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]}
        for fault in error.errors
    ]
    where = (
        f"{faults[0]['path']}: {faults[0]['message']}" if faults else "The input is not valid."
    )
    return problem(422, "invalid", where, errors=faults)


def _authentication(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(401, "unauthenticated", "Send an API key: Authorization: Bearer ak_…")
    answer["WWW-Authenticate"] = 'Bearer realm="Trellis"'
    return answer


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    why = error.__cause__
    if isinstance(why, TrellisError):
        return _trellis(request, why)
    if isinstance(why, ValueError):
        return problem(400, "not_json", f"The body is not JSON: {str(why)[:200]}")
    return problem(error.status_code, "http", str(error.message))


def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(404, "not_found", "There is no such thing.")


def _out_of_range(_request: HttpRequest, _error: DataError) -> HttpResponse:
    return problem(422, "invalid", "A value is out of range or cannot be stored.")


def _away(_request: HttpRequest, _error: OperationalError) -> HttpResponse:
    answer = problem(503, "unavailable", "The database is away; try again shortly.")
    answer["Retry-After"] = "5"
    return answer


def install(api: NinjaAPI) -> None:
    """Let ``api`` answer every error as a problem."""
    # The casts: ninja types a handler as taking the class as well as the instance.
    api.add_exception_handler(TrellisError, cast(Any, _trellis))
    api.add_exception_handler(ValidationError, cast(Any, _validation))
    api.add_exception_handler(AuthenticationError, cast(Any, _authentication))
    api.add_exception_handler(HttpError, cast(Any, _http))
    api.add_exception_handler(Http404, cast(Any, _missing))
    api.add_exception_handler(DataError, cast(Any, _out_of_range))
    api.add_exception_handler(OperationalError, cast(Any, _away))
