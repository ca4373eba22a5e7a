"""Health for machines: /healthz (this process lives), /readyz (it can work), /metrics."""

from __future__ import annotations

import hmac
from functools import cache

import psycopg
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trellis.core import db, schema
from trellis.pipeline import gauges
from trellis.tracking import spool

_SPOOL = (
    "# HELP trellis_spool_bytes Events on disk that wait for the database.\n"
    "# TYPE trellis_spool_bytes gauge\ntrellis_spool_bytes %d\n"
)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers; asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 where the database answers and its schema is this code's, else 503 and why."""
    why = _why_not()
    return JsonResponse({"ready": not why, "why": why}, status=503 if why else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What is counted and measured, in Prometheus' text format."""
    token = settings.TRELLIS_METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    try:
        text = gauges.exposition()
    except DatabaseError:
        text = "# TYPE trellis_database_up gauge\ntrellis_database_up 0\n"
    text += _SPOOL % spool.weight(settings.TRELLIS_DATA / "spool")
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _why_not() -> str:
    try:
        db.connect(timeout=2).close()
        return _schema_fault()
    except (psycopg.OperationalError, DatabaseError):
        return "The database does not answer."


def _schema_fault() -> str:
    if _level():
        return ""
    found = schema.state()
    if found.unknown:
        return "The database is of a newer Trellis."
    if found.missing:
        return "Migrations are to be run: trellis migrate."
    _level.cache_clear()
    return ""


@cache
def _level() -> bool:
    """Whether the schema was level once; it is asked again only while it is not."""
    return schema.state().level
