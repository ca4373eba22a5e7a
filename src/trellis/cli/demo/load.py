"""Loading the demo company: definitions, 120 days of history, and what follows from them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from trellis.cli.demo import groups, leads, setup, twins
from trellis.cli.demo.diary import SEGMENT_ENTERED as ENTERED
from trellis.cli.demo.diary import Diary, EventKey
from trellis.cli.demo.habits import Habits
from trellis.cli.demo.persons import Calendar, Crowd
from trellis.cli.demo.post import Post
from trellis.cli.demo.record import Recorder
from trellis.cli.demo.runs import Theatre
from trellis.cli.demo.tape import Tape, json, reserve
from trellis.core import clock, db, sql
from trellis.core.days import day_of
from trellis.core.locks import bump_epoch, hold_definitions
from trellis.core.models import Instance
from trellis.events import content, partitions
from trellis.events.inbox import event_id
from trellis.events.models import Signal
from trellis.events.signals import value_sql
from trellis.events.types import Fact
from trellis.pipeline.derive import derive
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS
from trellis.scoring import companies

_SQL = sql.load(__package__, "history")
SEED = 1987
CONTACTS = 20_000
CHUNK = 2_000
Progress = Callable[[str], None]


def load(progress: Progress = lambda _line: None) -> bool:
    """Load the demo company, whole or not at all; True where it was loaded now.

    The same people do the same things each time, in the 120 days that end now.
    """
    with transaction.atomic():
        row = Instance.objects.select_for_update().get(id=1)
        if "demo_site" in row.settings:
            return False
        hold_definitions()
        partitions.ensure(clock.now())
        epoch = bump_epoch()
        progress("definitions")
        made = setup.put(epoch)
        progress("history")
        now = clock.now()
        numbers = _tell(made, now, progress)
        twins.make(numbers, now)
        progress("signals")
        _count_signals(numbers[0])
        bump_epoch()
        progress("statistics")
        db.run(_SQL["analyze"])
        progress("scores, stages, segments")
        _derive(numbers, now, made.references.names, epoch)
    return True


def _tell(made: setup.Setup, now: datetime, progress: Progress) -> range:
    rng = random.Random(SEED)
    calendar = Calendar(rng, now)
    tape = Tape()
    counts: Counter[tuple[int, str, str, int]] = Counter()
    numbers = reserve("contact_contact_id_seq", CONTACTS)
    message_ids = reserve("message_id_seq", CONTACTS * 5)
    enrolment_ids = reserve("enrolment_id_seq", CONTACTS)
    crowd = Crowd(rng, calendar, made.companies)
    habits = Habits(rng, calendar, settings.TRELLIS_URL)
    post = Post(rng, calendar, tape, iter(message_ids), settings.TRELLIS_URL)
    theatre = Theatre(made.plans, post, iter(enrolment_ids), counts)
    recorder = Recorder(rng, calendar, tape, made.references)
    newsletter = made.letters["newsletter"]
    for number in numbers:
        person, diary = crowd.person(number), Diary()
        habits.tell(person, diary)
        theatre.play(person, diary, newsletter)
        recorder.keep(person, diary)
    tape.play(progress)
    _count_steps(counts)
    return numbers


def _count_steps(counts: Counter[tuple[int, str, str, int]]) -> None:
    keys = sorted(counts)
    columns: list[list[Any]] = [[key[place] for key in keys] for place in range(4)]
    db.run(_SQL["count_steps"], [*columns, [counts[key] for key in keys]])


def _count_signals(first: int) -> None:
    for signal in Signal.objects.order_by("id"):
        condition = "true"
        params: dict[str, Any] = {
            "signal_id": signal.pk,
            "zone": settings.TIME_ZONE,
            "type": signal.event_type,
            "name": signal.event_name,
            "first": first,
        }
        if signal.filter:
            compiled = compile_filter(parse(signal.filter, PROPS), "e.props")
            condition = compiled.text
            params.update(compiled.params)
        kept = value_sql(signal.value_prop)
        text = _SQL["count_signal"].replace("{condition}", condition)
        for name, expression in kept.places.items():
            text = text.replace(f"{{{name}}}", expression)
        db.run(text, params | kept.params)


def _derive(numbers: range, now: datetime, names: Mapping[EventKey, int], epoch: int) -> None:
    """Let the real engine say where everybody stands. What it decides becomes history
    instead of new facts, so that no journey starts for what happened weeks ago."""
    facts: list[Fact] = []
    for start in range(0, len(numbers), CHUNK):
        facts += derive(numbers[start : start + CHUNK], now, {})
        if start == 0:
            db.run(_SQL["analyze_derived"])
    companies.run_due(now)
    facts += derive([number for (number,) in db.fetch(_SQL["woken"], [day_of(now)])], now, {})
    first = numbers[0]
    leads.grow_old(first, now)
    db.run(_SQL["age_memberships"], {"first": first})
    db.run(_SQL["drop_still"], {"first": first, "today": day_of(now)})
    seen = dict(db.fetch(_SQL["last_seen"], {"first": first}))
    tape = Tape()
    for fact in facts:
        at = seen[fact.contact_id] if fact.name == ENTERED[1] else now
        key = (fact.type, fact.name)
        row = (fact.contact_id, event_id(fact), at, names[key], epoch, 1, None, at)
        tape.add("event", (*row, json(fact.props)))
    tape.play(lambda _line: None)
    groups.tell(first, now)
    content.by_night()
    content.roll_up(day_of(now) - groups.HISTORY)
    db.run(_SQL["count_minutes"], {"first": first, "since": now - timedelta(days=1)})
