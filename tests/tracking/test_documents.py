"""The documents name every path, reason, note and attribute there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trellis.capture.imports.types import FAULTS, Fault
from trellis.tracking.parse import ENDPOINTS
from trellis.tracking.types import SENTENCES, Note, Reason
from trellis.web.public.collector import STATUS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs/how-to/send-events.md").read_text("utf-8")
HOW_TO = (ROOT / "docs/how-to/import-a-csv.md").read_text("utf-8")
TRACKER = (ROOT / "docs/how-to/track-a-website.md").read_text("utf-8")
CALLS = (ROOT / "tracker/src/main.js").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
def test_every_path_is_named(path: str) -> None:
    assert f"`{path}`" in REFERENCE


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_stands_with_its_status_and_sentence(reason: Reason) -> None:
    line = f"| `{reason}` | {STATUS.get(reason, 400)} | {SENTENCES[reason]} |"
    assert line in REFERENCE


@pytest.mark.parametrize("note", list(Note))
def test_every_note_is_explained(note: Note) -> None:
    assert re.search(rf"^\| `{note}` \| \S", REFERENCE, re.MULTILINE)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_reason_of_an_import_is_explained(fault: Fault) -> None:
    assert f"| `{fault}` | {FAULTS[fault]} |" in HOW_TO


def test_every_call_of_the_tracker_is_explained() -> None:
    found = re.search(r"const methods = \{ ([^}]*) \}", CALLS)
    assert found is not None
    for name in found.group(1).split(", "):
        assert f"`trellis.{name}(" in TRACKER
