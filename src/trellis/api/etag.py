"""Changing only what was seen: ``ETag`` on single objects, ``If-Match`` on changes (RFC 9110).

One convention for every object that people edit. Its answer has a ``version`` (journeys and
templates: a ``revision``, because their versions are what was published), and the same number
in quotes as ``ETag``. A change that sends it back as ``If-Match``, or the number as ``version``
(``revision``) in its body, is refused where somebody else saved meanwhile, with what differs.
"""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse

from trellis.core.errors import InvalidInput

COUNTERS = ("revision", "version")
NEVER = -1
"""The version that no object has."""
_TAG = re.compile(r'"(\d{1,18})"')

CHANGES: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": False,
            "schema": {"type": "string", "title": "If-Match"},
            "description": "The ETag that was read: refused with 412 where it changed since.",
        }
    ],
    "responses": {
        412: {
            "description": "Somebody changed it meanwhile: who, when, and what differs",
            "content": {
                "application/problem+json": {
                    "schema": {
                        "type": "object",
                        "title": "Changed meanwhile",
                        "properties": {
                            "code": {"type": "string", "const": "changed_meanwhile"},
                            "detail": {"type": "string"},
                            "by": {"type": "string"},
                            "at": {"type": "string"},
                            "version": {"type": "integer"},
                            "differs": {"type": "object"},
                        },
                    }
                }
            },
        }
    },
}
"""What the description of a call says that heeds ``If-Match``: its ``openapi_extra``."""


def seen(request: HttpRequest) -> int | None:
    """The version that a change was made to, by ``If-Match`` or the body; None: any will do.

    A weak tag, or one of something else, fits no object. Raises ``InvalidInput`` for several.
    """
    given = request.headers.get("If-Match", "").strip()
    if given == "*":
        return None
    if "," in given:
        raise InvalidInput("If-Match takes one ETag.")
    if given:
        found = _TAG.fullmatch(given)
        return int(found[1]) if found else NEVER
    return _said(request)


def mark(answer: HttpResponse, data: Any) -> None:
    """Give the answer about one object its ``ETag``."""
    if not isinstance(data, dict) or answer.status_code >= 300:
        return
    for name in COUNTERS:
        if type(data.get(name)) is int:
            answer["ETag"] = f'"{data[name]}"'
            return


def _said(request: HttpRequest) -> int | None:
    if request.content_type != "application/json" or not request.body:
        return None
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    values = [body.get(name) for name in COUNTERS] if isinstance(body, dict) else []
    return next((value for value in values if type(value) is int and value > 0), None)
