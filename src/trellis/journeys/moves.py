"""Moving a set of runs, step by step, until each of them rests.

All runs that stand at one step of one version move together. Exit and goal are looked at
before every step; as time stands still in a batch, they are only looked at again after a
step that changed facts. Nothing here is written before ``Ledger.write``.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from trellis.core.errors import TrellisError
from trellis.journeys import conditions
from trellis.journeys.book import LIVE, PAUSED, Book, Version
from trellis.journeys.ledger import Ledger
from trellis.journeys.registry import STEPS
from trellis.journeys.types import Batch, Ended, Node, Parked, Passed, Result, Run, StepBroken

log = logging.getLogger(__name__)

MAX_ROUNDS = 60
"""Steps a run may take in one batch; who has more to go moves on in the next."""

MAX_HOPS = 20_000
"""Steps a run may take in all. Jumps are bounded one by one; this bounds them together."""

Group = tuple[Version, Node, list[Run]]


class Mover:
    """Moves runs of one batch at one time."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.book = book
        self.now = now
        self.ledger = Ledger(now, book.named)

    def move(self, runs: list[Run]) -> None:
        """Move runs until each rests."""
        for _ in range(MAX_ROUNDS):
            if not runs:
                return
            runs = self._round(runs)
        self.ledger.put_off(runs, self.now)

    def evaluate(self, groups: Iterable[Group], asked: Iterable[Run]) -> Mapping[int, Set[int]]:
        """Which contacts hold which rules: the step rules of ``groups``, and the exit and
        goal rules of ``asked``. One statement."""
        keys: set[int] = set()
        contacts: set[int] = set()
        for _version, node, runs in groups:
            mine = {*node.rules.values(), *(a.rule for a in node.arms if a.rule is not None)}
            if mine:
                keys |= mine
                contacts.update(run.contact_id for run in runs if not run.woken)
        for run in asked:
            version = self.book.version(run.version_id)
            assert version is not None, "runs of broken versions are held before"
            mine = set(version.ends)
            if mine:
                keys |= mine
                contacts.add(run.contact_id)
        return self.holding(keys, contacts)

    def holding(self, keys: Set[int], contacts: Set[int]) -> Mapping[int, Set[int]]:
        """Evaluate rules; one that fails pauses the journeys that read it, and holds for
        nobody."""
        if not keys or not contacts:
            return dict.fromkeys(keys, frozenset())
        rules = {key: self.book.rules[key] for key in keys}
        try:
            with transaction.atomic():
                return conditions.holding(rules, sorted(contacts), self.now)
        except TrellisError as error:
            log.warning("rules of journeys failed together: %s", error)
        found: dict[int, Set[int]] = {}
        for key, rule in rules.items():
            try:
                with transaction.atomic():
                    found |= conditions.holding({key: rule}, sorted(contacts), self.now)
            except TrellisError as error:
                found[key] = frozenset()
                for journey_id in self.book.users_of([key]):
                    self.book.pause(journey_id, f"A rule is broken: {error.message}")
        return found

    def _round(self, runs: list[Run]) -> list[Run]:
        """One step for every run; returns those that go on."""
        groups = self._groups(self._able(runs))
        asked = [run for _v, _n, members in groups for run in members if not run.settled]
        holding = self.evaluate(groups, asked)
        moving: list[Run] = []
        for version, node, members in groups:
            if self.book.state(version.named.journey_id) != LIVE:
                self.ledger.put_off(members, None)
                continue
            left = self.settle(members, holding)
            if left:
                moving += self._step(version, node, left, holding)
        return moving

    def _able(self, runs: list[Run]) -> list[Run]:
        """Those that can take a step; the others rest at once."""
        able: list[Run] = []
        for run in runs:
            if run.hops < MAX_HOPS:
                able.append(run)
            else:
                self.ledger.ended([run], "error", "too_many_steps")
        return able

    def _groups(self, runs: list[Run]) -> list[Group]:
        found: defaultdict[tuple[int, str], list[Run]] = defaultdict(list)
        for run in runs:
            found[run.version_id, run.step].append(run)
        groups: list[Group] = []
        for (version_id, step), members in found.items():
            version = self.book.version(version_id)
            if version is None:
                self.ledger.put_off(members, None)
            elif step not in version.plan.nodes:
                self.ledger.ended(members, "error", "step_missing")
            else:
                groups.append((version, version.plan.nodes[step], members))
        return groups

    def settle(self, runs: list[Run], holding: Mapping[int, Set[int]]) -> list[Run]:
        """End those whose goal or exit rule holds; returns the others. Goal first: who bought
        has not merely left."""
        left: list[Run] = []
        for run in runs:
            if run.settled:
                left.append(run)
                continue
            version = self.book.version(run.version_id)
            assert version is not None, "runs of broken versions are held before"
            if version.goal is not None and run.contact_id in holding[version.goal]:
                self.ledger.ended([run], "goal", "rule")
            elif version.bought is not None and run.contact_id in holding[version.bought]:
                self.ledger.ended([run], "exit", "bought")
            elif version.exit is not None and run.contact_id in holding[version.exit]:
                self.ledger.ended([run], "exit", "rule")
            else:
                run.settled = True
                left.append(run)
        return left

    def _step(
        self, version: Version, node: Node, runs: list[Run], holding: Mapping[int, Set[int]]
    ) -> list[Run]:
        batch = Batch(
            journey_id=version.named.journey_id,
            journey_key=version.named.key,
            version_id=version.id,
            node=node,
            runs=runs,
            now=self.now,
            holding=holding,
        )
        moving: list[Run] = []
        for result in self._results(batch):
            moving += self._apply(node, result)
        return moving

    def _results(self, batch: Batch) -> list[Result]:
        """Run the step. One that fails pauses its journey and holds its runs, so that it
        never keeps the others from moving; what the database asks to repeat is passed on."""
        kind = STEPS[batch.node.kind]
        if not kind.writes:
            return kind.run(batch)
        try:
            with transaction.atomic():
                return kind.run(batch)
        except (OperationalError, InterfaceError):
            raise
        except StepBroken as error:
            why = error.message
        except Exception as error:
            log.exception("step %s of journey %s failed", batch.node.id, batch.journey_key)
            why = f"Step {batch.node.id} failed: {type(error).__name__}: {error}"
        self.book.pause(batch.journey_id, why[:1_000])
        self.ledger.put_off(batch.runs, None)
        return []

    def _apply(self, node: Node, result: Result) -> list[Run]:
        if isinstance(result, Parked):
            self.ledger.park(result.runs, result.wake_at)
            return []
        if isinstance(result, Ended):
            self.ledger.passed(result.runs, node.kind, result.outcome, result.reason)
            for run in result.runs:
                run.hops += 1
            self.ledger.ended(result.runs, result.outcome, result.reason)
            return []
        return self._pass(node, result)

    def _pass(self, node: Node, result: Passed) -> list[Run]:
        self.ledger.passed(result.runs, node.kind, result.outcome, result.reason)
        kind = STEPS[node.kind]
        to = node.next if result.to is None else result.to
        for run in result.runs:
            run.hops += 1
            run.parked = False
            run.woken = ""
            if kind.changes:
                run.settled = False
        if kind.leads_to(node.settings) and to != node.next:
            self.ledger.jumped(result.runs)
        if to == "":
            self.ledger.ended(result.runs, "end", "end")
            return []
        for run in result.runs:
            run.step = to
        return result.runs


def split_by_state(book: Book, runs: Iterable[Run]) -> tuple[list[Run], list[Run], list[Run]]:
    """Runs of live, of paused, and of stopped journeys (or of journeys that are gone)."""
    live: list[Run] = []
    paused: list[Run] = []
    stopped: list[Run] = []
    for run in runs:
        state = book.state(run.journey_id)
        (live if state == LIVE else paused if state == PAUSED else stopped).append(run)
    return live, paused, stopped
