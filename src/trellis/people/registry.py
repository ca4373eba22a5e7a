"""Every table that holds rows of a contact, and what merge, undo and erase do with them.

Each domain registers its own tables in ``apps.ready``; a test walks all models that have
a ``contact_id`` and fails where one is missing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db.models import Model

from trellis.core.ids import SLOTS
from trellis.core.registry import Registry

SLOT = f"g.winner %% {SLOTS}"
"""For ``put``: the timer slot of the contact a row moves to."""

Left = tuple[int, int, list[dict[str, Any]]]
"""(winner, loser, the loser's rows that the winner had no room for)."""

Mode = Literal["move", "add", "keep", "own"]


@dataclass(frozen=True, kw_only=True)
class ContactTable:
    """How the rows of a merged contact reach the survivor.

    ``mode``:

    - ``move``: rows have keys of their own; all of them move.
    - ``add``: rows with the same key are added up: ``total`` columns summed, ``first``
      columns least, ``last`` columns greatest.
    - ``keep``: where both have a row of the same key, the survivor's stays.
    - ``own``: the people domain handles the table itself.

    ``put`` gives SQL for columns that change with the contact (``slot``), over the moved
    row ``g`` with ``g.winner`` and ``g.loser``. ``clash`` says which moved rows stand against
    a unique row of the survivor, and ``clash_put`` what their columns become. ``origin`` is
    the column that remembers the first contact, where there is one. ``undone`` repairs what
    undo cannot give back by rows, for (winner, loser). ``merged`` settles what known losers
    left over where the survivor's row stayed (at a time, by an actor's label). ``erase`` deletes the rows of an
    erased person (default), or keeps them where they say nothing about them. ``counted`` is told the
    keys (without ``contact_id``) of rows that vanish with a merge or a contact (-1) and of
    those that undo brings back (+1), where somebody keeps count of them.
    """

    model: type[Model]
    mode: Mode
    total: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    put: Mapping[str, str] = field(default_factory=dict)
    clash: str = ""
    clash_put: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    undone: Callable[[int, int], None] | None = None
    merged: Callable[[Sequence[Left], datetime, str], None] | None = None
    counted: Callable[[Sequence[Sequence[Any]], int], None] | None = None
    erase: bool = True

    @property
    def table(self) -> str:
        """The table's name in the database."""
        return self.model._meta.db_table

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns but ``contact_id``, in the order of the model."""
        return tuple(
            f.column
            for f in self.model._meta.concrete_fields
            if f.column and f.column != "contact_id"
        )

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key's columns after ``contact_id``."""
        names = [f.column for f in self.model._meta.pk_fields]
        return tuple(name for name in names if name and name != "contact_id")


contact_tables: Registry[ContactTable] = Registry("contact table")
"""Table name → how it follows a contact."""


def register(table: ContactTable) -> None:
    """Add a table under its database name."""
    contact_tables.register(table.table, table)
