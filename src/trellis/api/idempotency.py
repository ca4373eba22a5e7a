"""Idempotency keys: the same key and the same call give the same answer, done once.

The draft standard ``Idempotency-Key`` header (IETF httpapi): 409 while the first call runs,
422 where the key comes back with another body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from trellis.api.errors import problem
from trellis.api.models import IdempotentCall
from trellis.core import clock

PREFIX = "/api/v1/"
KEEP = timedelta(days=1)
STUCK = timedelta(minutes=2)
"""A call that began longer ago and never ended died; the key may be used again."""


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Replay answers of repeated writing calls under ``/api/v1/``."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method in {"GET", "HEAD", "OPTIONS"}:
            return get_response(request)
        if not request.path.startswith(PREFIX):
            return get_response(request)
        if len(key) > 200:
            return problem(422, "invalid", "An idempotency key has at most 200 characters.")
        return _once(request, key, get_response)

    return handle


def _once(
    request: HttpRequest, key: str, get_response: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    scope = hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()
    called = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    fingerprint = hashlib.sha256(called).hexdigest()
    now = clock.wall()
    IdempotentCall.objects.filter(created_at__lt=now - KEEP).delete()
    IdempotentCall.objects.filter(
        scope=scope, key=key, status=0, created_at__lt=now - STUCK
    ).delete()
    try:
        with transaction.atomic():
            call = IdempotentCall.objects.create(scope=scope, key=key, fingerprint=fingerprint)
    except IntegrityError:
        return _again(scope, key, fingerprint)
    try:
        answer = get_response(request)
    except BaseException:
        call.delete()
        raise
    if not isinstance(answer, HttpResponse) or answer.status_code >= 500:
        call.delete()
        return answer
    call.status = answer.status_code
    call.content_type = answer.headers.get("Content-Type", "")[:80]
    call.body = answer.content
    call.save(update_fields=["status", "content_type", "body"])
    return answer


def _again(scope: str, key: str, fingerprint: str) -> HttpResponse:
    call = IdempotentCall.objects.filter(scope=scope, key=key).first()
    if call is None or call.status == 0:
        return problem(409, "running", "A call with this idempotency key is still running.")
    if call.fingerprint != fingerprint:
        return problem(
            422, "key_reused", "This idempotency key was used with another call before."
        )
    answer = HttpResponse(bytes(call.body), status=call.status, content_type=call.content_type)
    answer["Idempotent-Replayed"] = "true"
    return answer
