"""What work costs as a company grows: from 100,000 to 5 million contacts, four events each.

The limit of what reads everybody is the cost at the smallest size times the growth; the limit
of what reads a batch or a page is the cost at the smallest size itself. A ratio of 1 or more
says: no dearer per contact than when the company was small.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

from bench.base import Result, instance

SIZES = (100_000, 300_000, 1_000_000, 2_500_000, 5_000_000)
SMALL_SIZES = (5_000, 20_000)
EACH = 4
"""Events per contact."""
BATCH = 2_000
"""Contacts whose standing one batch of upkeep derives."""
GROWS = ("segment built", "everybody scored again")
"""What reads everybody, and so may cost as much more as there are more of them."""


def run(small: bool) -> Iterator[Result]:
    """Seconds of each kind of work at each size, in a fresh database each; told as they come."""
    first: dict[str, float] = {}
    sizes = SMALL_SIZES if small else SIZES
    for contacts in sizes:
        # Django is set up for one database per process.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            costs = pool.submit(measure, contacts).result()
        for name, seconds in costs.items():
            growth = contacts / sizes[0] if name in GROWS else 1.0
            limit = first.setdefault(name, seconds) * growth
            yield Result(
                name=name, figure=seconds, unit="s", limit=limit, ratio=limit / seconds,
                contacts=contacts, events=contacts * EACH,
            )  # fmt: skip


def measure(contacts: int) -> dict[str, float]:
    """Seconds of each kind of work among so many contacts."""
    from bench import company, data

    with instance():
        made = data.fill_with(contacts, contacts * EACH)
        company.define(made.signals)
        return {
            "segment built": _segment(),
            "everybody scored again": _once(_rescore),
            "upkeep of 2,000 contacts": _median(_upkeep(contacts)),
            "preview of a rule": _median([_preview] * 5),
            "list of contacts": _median(_page("/contacts/")),
            "a contact's profile": _median(_page(f"/contacts/{contacts // 2}/")),
        }


def _once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median(works: list[Callable[[], object]]) -> float:
    """The middle of several runs, after one that warms up."""
    works[0]()
    return statistics.median(_once(work) for work in works)


def _segment() -> float:
    from bench.segment_build import RULE
    from trellis.accounts.types import SYSTEM
    from trellis.pipeline import recompute
    from trellis.segments import actions

    segment = actions.create(SYSTEM, key="cost", name="Cost", rule=RULE)
    return _once(lambda: recompute.build_segment(segment.pk))


def _rescore() -> None:
    from trellis.core.locks import changing_definitions
    from trellis.pipeline import recompute
    from trellis.scoring.models import ScoreRule

    with changing_definitions():
        ScoreRule.objects.filter(name="product-viewed").update(points=4)
    recompute.recompute()


def _upkeep(contacts: int) -> list[Callable[[], object]]:
    from django.db import transaction

    from trellis.core import clock
    from trellis.pipeline.derive import derive

    def turn(first: int) -> Callable[[], object]:
        ids = list(range(first, contacts + 1, contacts // BATCH))[:BATCH]

        def work() -> None:
            with transaction.atomic():
                derive(ids, clock.now(), {})

        return work

    return [turn(1 + n) for n in range(5)]


def _preview() -> None:
    from bench.segment_build import RULE
    from trellis.accounts.types import SYSTEM
    from trellis.core import clock
    from trellis.segments.preview import preview

    preview(SYSTEM, RULE, clock.now())


def _page(path: str) -> list[Callable[[], object]]:
    from django.conf import settings
    from django.test import Client

    from trellis.accounts.models import User

    settings.ALLOWED_HOSTS = ["*"]
    user = User.objects.filter(role="admin").first() or User.objects.create(
        email="cost@bench.example", role="admin"
    )
    browser = Client()
    browser.force_login(user)

    def work() -> None:
        answer = browser.get(path)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"

    return [work] * 8
