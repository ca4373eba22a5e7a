"""Advisory locks that order batches and changes of definitions.

A batch of facts holds ``DEFINITIONS`` shared; whoever changes what batches compute
(a signal, a segment, a score model) holds it exclusively for the moment of the change
and bumps the epoch. So every logged event knows under which definitions it was counted,
and a back-fill from the log counts exactly the events of earlier epochs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar
from weakref import WeakSet

from django.db import connection, transaction

T = TypeVar("T")

DEFINITIONS = 7_301
"""Held shared by each batch, exclusively by a change of definitions or a rebuild chunk."""


def share_definitions() -> int:
    """Join the batches: take the lock shared until the transaction ends, return the epoch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [DEFINITIONS])
        cursor.execute("SELECT epoch FROM core_instance WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def hold_definitions() -> None:
    """Wait for running batches and keep new ones out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DEFINITIONS])


def bump_epoch() -> int:
    """Start a new epoch; call inside a transaction that holds the definitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_instance SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch"
        )
        row = cursor.fetchone()
    assert row is not None, "core_instance has its row from the first migration"
    return int(row[0])


@contextmanager
def changing_definitions() -> Iterator[None]:
    """A transaction that changes what batches compute with: no batch runs within it, and
    a new epoch begins with its end."""
    with transaction.atomic():
        hold_definitions()
        yield
        bump_epoch()


class Definitions(Generic[T]):
    """What batches compute with, loaded once per epoch and process.

    Keep one at module level (``SIGNALS = Definitions(_load)``) and ask ``at(epoch)`` with
    the epoch from ``share_definitions``: whoever changes what ``load`` reads must hold the
    definitions and bump the epoch.
    """

    _all: WeakSet[Definitions[object]] = WeakSet()

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._kept: tuple[int, T] | None = None
        Definitions._all.add(self)  # type: ignore[arg-type]  # only forget() is called on it

    def at(self, epoch: int) -> T:
        """The definitions of ``epoch``; loads them where another epoch is in memory."""
        kept = self._kept
        if kept is not None and kept[0] == epoch:
            return kept[1]
        with self._lock:
            value = self._load()
            self._kept = (epoch, value)
        return value

    def forget(self) -> None:
        """Load again next time, whatever the epoch."""
        self._kept = None


def forget_definitions() -> None:
    """Empty every ``Definitions`` of this process: after a rollback (tests) or a restore."""
    for kept in list(Definitions._all):
        kept.forget()
