"""How the pipeline does at this moment: what waits, how far behind it is, who works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from trellis.core import clock, db, sql

ALIVE = timedelta(seconds=30)
"""A process that reported within this time counts as alive."""

_SQL = sql.load(__package__, "gauges")


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A process that reports: ``kind`` is worker or jobs, ``age`` seconds since it did."""

    kind: str
    name: str
    age: float

    @property
    def alive(self) -> bool:
        """Whether it reported lately."""
        return self.age <= ALIVE.total_seconds()


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """``lag``: age of the oldest fact not yet in the log, seconds; the rest are counts."""

    waiting: int
    lag: float
    enrolments_due: int
    messages_due: int
    jobs_waiting: int
    jobs_running: int
    workers: tuple[Reported, ...]


def read() -> Gauges:
    """Measure now: four short statements."""
    now = clock.now()
    waiting, oldest = db.fetch(_SQL["inbox"])[0]
    enrolments, messages = db.fetch(_SQL["due"], {"now": now})[0]
    jobs = dict(db.fetch(_SQL["jobs"]))
    return Gauges(
        waiting=int(waiting),
        lag=_age(oldest, now) if oldest else 0.0,
        enrolments_due=int(enrolments),
        messages_due=int(messages),
        jobs_waiting=int(jobs.get("todo", 0)),
        jobs_running=int(jobs.get("doing", 0)),
        workers=tuple(
            Reported(kind=kind, name=name, age=_age(at, clock.wall()))
            for kind, name, at, _ in db.fetch(_SQL["workers"])
        ),
    )


def exposition() -> str:
    """The gauges, and what was counted in the last hour, in Prometheus' text format."""
    registry = CollectorRegistry()
    found = read()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(f"trellis_{name}", text, registry=registry).set(value)

    gauge("database_up", "1 where the database answers.", 1)
    gauge("inbox_facts", "Facts accepted and not yet in the log.", found.waiting)
    gauge("lag_seconds", "Age of the oldest of them.", found.lag)
    gauge("enrolments_due", "Journey enrolments due now.", found.enrolments_due)
    gauge("messages_due", "Messages due now.", found.messages_due)
    gauge("jobs_waiting", "Background jobs that wait.", found.jobs_waiting)
    gauge("jobs_running", "Background jobs that run.", found.jobs_running)
    alive = Gauge("trellis_workers", "Processes that report.", ["kind"], registry=registry)
    for kind in ("worker", "jobs"):
        alive.labels(kind).set(sum(w.alive for w in found.workers if w.kind == kind))
    counted = Gauge(
        "trellis_counted_last_hour",
        "What was counted in the last hour, by name and reason.",
        ["name", "reason"],
        registry=registry,
    )
    since = clock.now() - timedelta(hours=1)
    for name, reason, n in db.fetch(_SQL["counted"], {"since": since}):
        counted.labels(name, reason).set(n)
    return generate_latest(registry).decode()


def _age(at: datetime, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds())
