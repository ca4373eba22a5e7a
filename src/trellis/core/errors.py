"""The small tree of errors every layer uses; mapped to HTTP in web and api only.

The docstring of a class is its default message, in the reader's language.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext


class TrellisError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500

    def __init__(self, message: str = "", /, **data: Any) -> None:
        self.message = message or gettext((self.__doc__ or "").strip().splitlines()[0])
        self.data = data
        super().__init__(self.message)


class InvalidInput(TrellisError):
    """The input is not valid."""

    code = "invalid"
    status = 422


class NotFound(TrellisError):
    """There is no such thing, or you may not see it."""

    code = "not_found"
    status = 404


class Forbidden(TrellisError):
    """You may not do this."""

    code = "forbidden"
    status = 403


class Conflict(TrellisError):
    """Somebody else changed this, or it is in use."""

    code = "conflict"
    status = 409


class Unavailable(TrellisError):
    """The service is not ready; try again shortly."""

    code = "unavailable"
    status = 503
