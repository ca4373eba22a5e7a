"""Where a mail server or a script hands in bounces: one raw mail per POST."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from trellis.core.errors import InvalidInput, TrellisError
from trellis.messaging import feedback, tokens
from trellis.web.public.accept import accept


@csrf_exempt
@require_POST
def bounce(request: HttpRequest, token: str) -> HttpResponse:
    """Take one RFC 822 mail; 200 says what it was, 422 that it was no bounce of ours."""
    try:
        tokens.check_bounce_hook(token)
        found = feedback.parse_dsn(request.body)
        if found is not None:
            accept([feedback.bounced(found)])
    except RequestDataTooBig:
        return _answer(InvalidInput("The mail is too large."), 413)
    except TrellisError as error:
        return _answer(error, error.status)
    return JsonResponse({"bounce": found.type if found else None})


def _answer(error: TrellisError, status: int) -> HttpResponse:
    return JsonResponse(
        {"title": error.message, "code": error.code, "status": status},
        status=status,
        content_type="application/problem+json",
    )
