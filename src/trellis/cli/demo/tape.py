"""Rows of the demo company on their way into the tables, by COPY."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.db import connection

COLUMNS: dict[str, str] = {
    "contact": "contact_id, known, email, phone, first_name, last_name, locale, time_zone,"
    " country, city, company_id, attributes, provenance, tags, created_at, updated_at",
    "identity": "value, kind, contact_id, created_at",
    "contact_identity": "contact_id, kind, value",
    "event": "contact_id, event_id, at, name_id, epoch, depth, key_id, logged_at, props",
    "contact_device": "contact_id, form, os, browser, language, last_at",
    "consent": "contact_id, purpose, channel, given, at, source, wording",
    "touch": "contact_id, at, source_id, how, utm, page, referrer",
    "standing": "contact_id, first_seen, last_seen, stage_id, temperature",
    "lead": "contact_id, line_id, stage_id, stage_since, outcome, reason_id, closed_at,"
    " created_at, updated_at",
    "stage_move": "contact_id, line_id, from_stage_id, to_stage_id, at, actor, how, reason,"
    " facts, outcome",
    "score_day": "contact_id, model_id, day, demographic, interest, engagement, score,"
    " temperature",
    "message": "contact_id, message_id, slot, cause, channel, purpose, template_version_id,"
    " journey_id, state, reason, address, subject, tries, wake_at, created_at, sent_at, opened_at,"
    " clicked_at",
    "enrolment": "contact_id, enrolment_id, journey_id, version_id, live_key, state, step,"
    " slot, wake_at, entered_at, step_since, ended_at, outcome, reason, entry, hops",
    "step_pass": "contact_id, enrolment_id, seq, journey_id, version_id, step, kind, outcome,"
    " reason, at",
}
"""Table → columns as a row gives them. Ids left out come from their sequences."""


def json(value: Any) -> str:
    """``value`` as JSON text."""
    return msgspec.json.encode(value).decode()


class Tape:
    """Collects rows by table and plays them back in the printed order of ``COLUMNS``."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}

    def add(self, table: str, row: tuple[Any, ...]) -> None:
        """Note one row; its values stand in the order of ``COLUMNS[table]``."""
        self.rows[table].append(row)

    def play(self, progress: Callable[[str], None]) -> None:
        """Copy everything into the database, in the caller's transaction."""
        with connection.cursor() as cursor:
            for table, columns in COLUMNS.items():
                rows = self.rows[table]
                progress(f"{table}: {len(rows):,} rows")
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)


def reserve(sequence: str, count: int) -> range:
    """Take ``count`` following numbers of a sequence nobody else uses meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(%s, nextval(%s) + %s - 1)", [sequence, sequence, max(count, 1)]
        )
        row = cursor.fetchone()
    assert row is not None, "setval always answers"
    last = int(row[0])
    return range(last - count + 1, last + 1)
