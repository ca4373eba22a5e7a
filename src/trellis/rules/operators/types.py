"""What one row of the table of operators says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.rules.types import BOOLEAN, CHOICE, DATE, LIST, NUMBER, TEXT

ONE = "one"
MANY = "many"
PAIR = "pair"
SPAN = "span"
PERIOD = "period"
WINDOW = "window"
COUNT = "count"
COUNTS = "counts"
AMOUNT = "amount"
PATTERN = "pattern"
WILD = "wild"
WEEKDAYS = "weekdays"
MONTHS = "months"
SHARE = "share"
NONE = "none"
"""The shapes of a leaf's value: one scalar of the field's type (a date may be relative to
today), a list of them, [from, to], a length of time, a calendar period, a window, a whole
number from 0, a pair of such, any number, a regular expression, text with * and ?, days of
the week, numbers of months, [from, to] in percent, or no value."""

PLAIN = frozenset({TEXT, NUMBER, BOOLEAN, DATE, CHOICE})
ORDERED = frozenset({NUMBER, DATE})
LISTED = frozenset({TEXT, NUMBER, CHOICE})
STORED = frozenset({TEXT, NUMBER, BOOLEAN, DATE, LIST})


_IS = _("{field} is {actual}")


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One row. ``negates`` names the positive operator this one is the exact negation of;
    such a row has no SQL of its own. ``windowed`` rows accept ``within``; ``ordered`` rows
    accept ``not_since`` and ``after``; ``paired`` ones need ``by``, a second signal, and accept ``same``;
    ``renounced`` ones accept ``not_since`` alone; ``valued`` ones look at the property that a signal keeps (``value_prop``). Over dates a
    row may read otherwise: ``date_label`` and ``date_sentence``."""

    key: str
    label: Promise
    types: frozenset[str]
    value: str
    sql: str = ""
    negates: str = ""
    sentence: Promise
    explanation: Promise = _IS
    windowed: bool = False
    ordered: bool = False
    paired: bool = False
    renounced: bool = False
    valued: bool = False
    date_label: Promise | None = None
    date_sentence: Promise | None = None

    def label_for(self, type_: str) -> Promise:
        """How it reads in a list of comparisons for fields of a type."""
        return self.date_label if type_ == DATE and self.date_label else self.label

    def sentence_for(self, type_: str) -> Promise:
        """The sentence of a leaf of a type."""
        return self.date_sentence if type_ == DATE and self.date_sentence else self.sentence


def both(
    row: Operator, key: str, label: Promise, sentence: Promise
) -> tuple[Operator, Operator]:
    """A row, and the row that is its exact negation under another key."""
    opposite = replace(
        row,
        key=key,
        label=label,
        sentence=sentence,
        sql="",
        negates=row.key,
        ordered=False,
        date_label=None,
        date_sentence=None,
    )
    return row, opposite
