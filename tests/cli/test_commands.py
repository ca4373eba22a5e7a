"""The small commands: people, keys, errors on the command line."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta

import pytest
from django.db import OperationalError
from psycopg.errors import DiskFull

from tests.cli.process import Instance
from trellis.cli import main, supervisor
from trellis.cli.commands.sandbox import duration
from trellis.core.errors import InvalidInput


def test_a_user_is_added_with_a_password_that_is_shown_once(running: Instance) -> None:
    added = running.json("user", "add", "Ann@Example.com", "--role", "admin")
    assert added["email"] == "ann@example.com"
    assert len(added["password"]) >= 12
    refused = running.run("user", "add", "ann@example.com")
    assert refused.returncode == 1
    assert "There is a user ann@example.com already." in refused.stderr


def test_a_key_is_made_and_an_unknown_scope_refused(running: Instance) -> None:
    assert running.json("key", "add", "Shop")["token"].startswith("wk_")
    refused = running.run("key", "add", "Robot", "--kind", "api", "--scope", "everything")
    assert refused.returncode == 1
    assert "Unknown scopes: everything." in refused.stderr


def test_parts_run_alone_say_that_the_database_is_missing(fresh: Instance) -> None:
    for part in ("web", "worker"):
        done = fresh.run(part)
        assert done.returncode == 1
        assert "trellis up" in done.stderr
        assert "DATABASE_URL" in done.stderr


def test_a_full_disk_is_said_in_one_sentence_that_helps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = 'could not extend file "base/16384/1249": No space left on device'

    def run(_args: object) -> int:
        raise OperationalError(f"{said}\nHINT:  Check free disk space.") from DiskFull(said)

    command = main.parser()
    monkeypatch.setattr(command, "parse_args", lambda _argv: Namespace(run=run, json=False))
    monkeypatch.setattr(main, "parser", lambda: command)
    assert main.main(["up"]) == 1
    told = capsys.readouterr().err
    assert told == f"trellis: The disk is full ({said}): free some space, and start again.\n"


def test_a_wrong_command_line_ends_with_code_two(fresh: Instance) -> None:
    assert fresh.run("fly").returncode == 2
    assert fresh.run("clock", "advance", "soon").returncode == 2


def test_an_error_is_json_where_json_was_asked_for(fresh: Instance) -> None:
    done = fresh.run("backup", "/nowhere/file", "--json")
    assert done.returncode == 1
    assert done.stdout == '{"error": "There is no folder /nowhere."}\n'


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90m", timedelta(minutes=90)),
        ("1 week", timedelta(weeks=1)),
        ("1w 2d, 3h", timedelta(weeks=1, days=2, hours=3)),
    ],
)
def test_time_spans_are_read(text: str, span: timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "3", "3 years", "d", "1d tomorrow", "-1d"])
def test_other_words_are_no_time_span(text: str) -> None:
    with pytest.raises(InvalidInput):
        duration(text)


def test_back_off_doubles_and_has_an_end() -> None:
    pauses = [supervisor.pause(failures) for failures in (1, 2, 3, 10)]
    assert pauses == [0.2, 0.4, 0.8, 10.0]
