"""The rules of SQL that also runs distributed, held by reading every named block."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import PACKAGE
from trellis.core.sql import SqlBlockError, parse

LOCAL = {"inbox", "slot_lease", "rejected", "seen", "core_counter", "worker"}
"""Tables that stay on one machine: only these are claimed with SKIP LOCKED."""

ONE_PERSON = r"contact_id\s*=\s*(%\(\w+\)s|%s)"


def _blocks() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("sql/*.sql")):
        origin = path.relative_to(PACKAGE).as_posix()
        for name, text in parse(path.read_text("utf-8"), origin).items():
            plain = re.sub(r"--[^\n]*", " ", text)
            yield f"{origin}:{name}", " ".join(plain.split())


BLOCKS = dict(_blocks())


def test_a_block_without_a_purpose_is_refused() -> None:
    with pytest.raises(SqlBlockError, match="does not say what it is for"):
        parse("-- name: bare\nSELECT 1", "here.sql")


def test_a_block_named_twice_is_refused() -> None:
    with pytest.raises(SqlBlockError, match="stands twice"):
        parse("-- name: a\n-- One.\nSELECT 1\n-- name: a\n-- Two.\nSELECT 2", "here.sql")


@pytest.mark.parametrize("name", BLOCKS)
def test_rows_are_locked_one_person_at_a_time_or_on_local_tables(name: str) -> None:
    text = BLOCKS[name]
    for found in re.finditer(r"FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?", text):
        before = text[: found.start()]
        table = re.findall(r"\bFROM (\w+)", before)[-1]
        if table in LOCAL:
            continue
        assert not found.group(3), f"{name}: SKIP LOCKED on {table}, which may be distributed"
        assert re.search(ONE_PERSON, before), f"{name}: FOR UPDATE on {table} for many people"


@pytest.mark.parametrize("name", BLOCKS)
def test_time_is_a_parameter(name: str) -> None:
    found = re.search(
        r"\b(now\(\)|current_timestamp|current_date|clock_timestamp\(\))", BLOCKS[name], re.I
    )
    assert found is None, f"{name}: {found.group(0)} reads the database's clock"


@pytest.mark.parametrize("name", BLOCKS)
def test_insert_select_names_its_target(name: str) -> None:
    text = BLOCKS[name]
    for found in re.finditer(
        r"INSERT INTO (\w+)( AS \w+)?\s*(\([^)]*\))?\s*(SELECT|WITH)\b", text
    ):
        assert found.group(2), f"{name}: INSERT INTO {found.group(1)} … SELECT has no alias"


@pytest.mark.parametrize("name", BLOCKS)
def test_nothing_relies_on_physical_rows_or_on_triggers(name: str) -> None:
    found = re.search(r"\b(ctid|tableoid|CREATE TRIGGER|WITH RECURSIVE)\b", BLOCKS[name], re.I)
    assert found is None, f"{name}: {found.group(0)}"
