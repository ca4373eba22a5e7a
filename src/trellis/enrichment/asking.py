"""Asking sources: whom, when, and what becomes of the answer.

A question is a row that waits. A job takes those that are due, as fast as the source may be
asked; the answer goes through the inbox like every other fact, and only fills.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.db import DataError, transaction

from trellis.core import clock, counters, db, http, sql
from trellis.core.jobs import enqueue
from trellis.enrichment.models import EnrichmentSource
from trellis.enrichment.registry import KINDS
from trellis.enrichment.types import Answer, Person, Question
from trellis.events import inbox, names
from trellis.events.types import SYSTEM, Fact
from trellis.people import consent, queries
from trellis.rules import evaluate, registry
from trellis.rules.parse import parse
from trellis.rules.types import Rule, RuleError

PURPOSE = "enrichment"
"""What a person agrees to, or objects to, for sources of enrichment."""
LEASE = timedelta(minutes=5)
BATCH = 50
BACK_OFF = (60, 300, 1_800, 7_200, 43_200)
"""Seconds until a question that failed for now is asked again; then it is given up."""
FIELDS = (
    "email", "phone", "first_name", "last_name", "company", "country", "city", "locale",
)  # fmt: skip

_SQL = sql.load(__package__, "runs")
_encode = msgspec.json.Encoder().encode
log = structlog.get_logger(__name__)


def ask_new(contact_ids: Sequence[int], now: datetime) -> None:
    """Have the live sources asked about contacts that just became known, as far as their
    rules hold. In the batch's transaction."""
    if not contact_ids:
        return
    rows = list(EnrichmentSource.objects.filter(live=True, archived_at=None))
    rules: dict[int, Rule] = {}
    known = registry.snapshot() if any(row.rule for row in rows) else None
    for row in rows:
        if row.rule and known is not None:
            try:
                rules[row.pk] = parse(row.rule, known)
            except RuleError as error:
                counters.add({("enrichment", "broken_rule"): 1})
                log.error("enrichment_rule_broken", source=row.pk, why=str(error))
    held = evaluate.holding(rules, contact_ids, now) if rules else {}
    for row in rows:
        if not row.rule:
            add(row.pk, contact_ids, "rule", now)
        elif found := held.get(row.pk):
            add(row.pk, sorted(found), "rule", now)


def add(source_id: int, contact_ids: Sequence[int], how: str, now: datetime) -> list[int]:
    """Note questions; returns their numbers. Those that wait already are not noted twice."""
    args = {"source": source_id, "ids": list(contact_ids), "how": how, "now": now}
    rows = db.fetch(_SQL["add"], args)
    if rows:
        enqueue("enrichment.run", once="enrichment")
    return [int(run) for _, run in rows]


def wake(now: datetime) -> int:
    """Have the job run where questions are due; returns of how many sources."""
    due = db.fetch(_SQL["due"], {"now": now})
    if due:
        enqueue("enrichment.run", once="enrichment")
    return 0


def stop(source_id: int, reason: str) -> None:
    """Let the questions of a source wait no more."""
    db.run(_SQL["stop"], {"source": source_id, "reason": reason})


def run_due() -> int:
    """Ask what is due, source by source, as fast as each may be asked; returns how many."""
    done = 0
    for (source_id,) in db.fetch(_SQL["due"], {"now": clock.now()}):
        row = EnrichmentSource.objects.filter(pk=source_id).first()
        if row is None or not row.live:
            stop(source_id, "switched_off")
            continue
        while claimed := _claim(row):
            for contact_id, run_id, tries in claimed:
                done += 1
                if not _one(row, contact_id, run_id, tries):
                    return done
    return done


def _claim(row: EnrichmentSource) -> list[tuple[int, int, int]]:
    now = clock.now()
    since = {"source": row.pk, "since": now - timedelta(minutes=1)}
    ((asked,),) = db.fetch(_SQL["asked"], since)
    room = min(BATCH, row.rate - int(asked))
    if room <= 0:
        return []
    args = {"now": now, "source": row.pk, "limit": room, "until": now + LEASE}
    with transaction.atomic():
        return [(c, r, t) for c, r, t in db.fetch(_SQL["claim"], args)]


def question(row: EnrichmentSource, contact_id: int, run_id: int) -> Answer:
    """Ask a source about a contact. Raises ``core.http`` failures."""
    kind, profile = KINDS[row.kind], queries.profile(contact_id)
    if profile is None or profile.merged_into is not None:
        return Answer(reason="gone")
    values: dict[str, Any] = {key: getattr(profile, key) for key in FIELDS}
    values |= {f"attr.{key}": value for key, value in profile.attributes.items()}
    if kind.needs and not any(values.get(key) for key in kind.needs):
        return Answer(reason="nothing_to_ask_with")
    person = Person(contact_id=contact_id, values=values)
    settings = msgspec.convert(row.settings, kind.settings)
    asked = Question(run_id=run_id, at=clock.now().timestamp(), person=person)
    return kind.ask(settings, asked)


def lawful(basis: str, contact_id: int) -> str:
    """Why a contact must not be looked up; "" where it may be. On consent as the basis it
    must have been given; on any other, an objection stands in the way."""
    said = consent.state(contact_id, PURPOSE, consent.EVERY_CHANNEL)
    if said is False:
        return "objection"
    return "no_consent" if basis == "consent" and not said else ""


def _one(row: EnrichmentSource, contact_id: int, run_id: int, tries: int) -> bool:
    """Ask one question and keep what came of it; False where the source was switched off."""
    key = (contact_id, run_id)
    if why := lawful(row.basis, contact_id):
        _settle(key, "skipped", why)
        return True
    try:
        answer = question(row, contact_id, run_id)
    except http.Misconfigured as error:
        _switch_off(row, key, error)
        return False
    except http.Transient as error:
        if tries <= len(BACK_OFF):
            later = clock.now() + timedelta(seconds=BACK_OFF[tries - 1])
            _settle(key, "waiting", error.reason, wake=later, raw=error.detail)
        else:
            _settle(key, "failed", error.reason, raw=error.detail)
        return True
    except http.Permanent as error:
        _settle(key, "failed", error.reason, raw=error.detail)
        return True
    except Exception as error:
        # A fault of a source: asking on would fail for ever, and hold up those behind it.
        log.exception("enrichment_source_fault", source=row.pk)
        _settle(key, "failed", "fault", raw=type(error).__name__)
        return True
    if not answer.traits:
        _settle(key, "skipped", answer.reason or "nothing_known", raw=answer.raw)
        return True
    try:
        with transaction.atomic():
            inbox.put([_fact(row, contact_id, run_id, answer)])
            _settle(key, "done", "", added=dict(answer.traits), raw=answer.raw)
    except DataError:
        _settle(key, "failed", "cannot_be_stored")
    return True


def _fact(row: EnrichmentSource, contact_id: int, run_id: int, answer: Answer) -> Fact:
    return Fact(
        message_id=f"enrich-{run_id}",
        type=SYSTEM,
        name=names.CONTACT_ENRICHED,
        at=clock.now().timestamp(),
        contact_id=contact_id,
        traits=dict(answer.traits),
        props={
            "source": f"enrich:{row.name}",
            "basis": row.basis,
            "fields": sorted(answer.traits),
        },
        origin="system",
    )


def _settle(
    key: tuple[int, int],
    state: str,
    reason: str,
    *,
    wake: datetime | None = None,
    added: dict[str, Any] | None = None,
    raw: str = "",
) -> None:
    args = {"contact": key[0], "run": key[1], "state": state, "reason": reason[:40]}
    shown = _encode(added or {}).decode()
    db.run(_SQL["settle"], {**args, "wake": wake, "added": shown, "answer": raw[:2_000]})
    counters.add(Counter({("enrichment", reason or state): 1}))


def _switch_off(row: EnrichmentSource, key: tuple[int, int], error: http.Misconfigured) -> None:
    """A setting is wrong: asking on would only repeat it."""
    fault = f"{error.reason}: {error.detail}"[:300]
    with transaction.atomic():
        _settle(key, "failed", error.reason, raw=error.detail)
        EnrichmentSource.objects.filter(pk=row.pk).update(live=False, fault=fault)
        stop(row.pk, "switched_off")
    log.error("enrichment_switched_off", source=row.pk, why=fault)
