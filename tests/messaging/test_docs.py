"""What messages can say about themselves is explained, and the operator has a hand on it."""

from __future__ import annotations

import ast
import json
import re

import pytest

from tests.architecture.source import PACKAGE, ROOT, tree
from trellis.cli import database
from trellis.cli.main import main
from trellis.messaging import alarms, gate, tokens
from trellis.messaging.types import STATES

PAGE = (ROOT / "docs" / "explanation" / "sending.md").read_text("utf-8")


def _reasons() -> set[str]:
    """Every literal ``reason=`` of the domain."""
    return {
        str(node.value.value)
        for path in (PACKAGE / "messaging").rglob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword)
        and node.arg == "reason"
        and isinstance(node.value, ast.Constant)
        and node.value.value
    }


@pytest.mark.parametrize("reason", sorted(_reasons() | set(gate.REASONS)))
def test_every_reason_is_explained(reason: str) -> None:
    assert f"`{reason}`" in PAGE


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_explained(state: str) -> None:
    assert re.search(rf"^\| `{state}` \| \S", PAGE, re.MULTILINE)


@pytest.mark.django_db
def test_the_operator_pauses_resumes_and_finds_the_bounce_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "setup", lambda: None)
    monkeypatch.setattr(database, "probe", lambda: None)
    assert main(["mail", "pause", "--reason", "The server moves", "--json"]) == 0
    assert [alarm.detail for alarm in alarms.alarms()] == ["The server moves"]
    assert main(["mail", "resume", "--json"]) == 0
    assert alarms.alarms() == []
    assert main(["mail", "pause", "pigeon"]) == 1
    capsys.readouterr()
    assert main(["mail", "bounces", "--json"]) == 0
    url = json.loads(capsys.readouterr().out)["url"]
    tokens.check_bounce_hook(url.rpartition("/")[2])
