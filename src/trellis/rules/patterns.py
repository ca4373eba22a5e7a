"""Regular expressions that people write: tried before they are stored."""

from __future__ import annotations

from functools import lru_cache

from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _

_BACK_REFERENCE = ("\\1", "\\2", "\\3", "\\4", "\\5", "\\6", "\\7", "\\8", "\\9")


def pattern_problem(pattern: str) -> str:
    """Why PostgreSQL would not run a regular expression safely; "" where it would.

    Back-references are refused: they are the one construct whose time is not bounded by
    the length of text and pattern.
    """
    if len(pattern) > 200:
        return _("is longer than %(n)s characters") % {"n": 200}
    if any(mark in pattern for mark in _BACK_REFERENCE):
        return _("must not use back-references")
    return _database_refuses(pattern)


@lru_cache(maxsize=1_000)
def _database_refuses(pattern: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT '' ~* %s", [pattern])
    except DataError as error:
        return str(error.__cause__ or error).splitlines()[0]
    return ""
