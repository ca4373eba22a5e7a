"""Counting in one statement at the end."""

from __future__ import annotations

import pytest

from trellis.core import counters
from trellis.core.models import Counter

pytestmark = pytest.mark.django_db


def counted() -> dict[str, int]:
    return dict(Counter.objects.values_list("name", "n"))


def test_what_is_counted_together_is_written_at_the_end() -> None:
    with counters.together():
        counters.add({("a", ""): 2})
        with counters.together():
            counters.add({("a", ""): 1, ("b", ""): 5})
        assert counted() == {}
    assert counted() == {"a": 3, "b": 5}


def test_what_fails_counts_nothing_and_the_next_counts_again() -> None:
    def count_and_fail() -> None:
        with counters.together():
            counters.add({("a", ""): 2})
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        count_and_fail()
    counters.add({("b", ""): 1})
    assert counted() == {"b": 1}
