"""backup and restore: everything in one file, and back from it, whole or not at all."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import Instance, folder


@pytest.fixture
def other() -> Iterator[Instance]:
    """A second instance, somewhere else."""
    with folder() as root:
        one = Instance(root / "data")
        try:
            yield one
        finally:
            one.end()


@pytest.fixture
def file(instance: Instance, tmp_path: Path) -> Path:
    """A backup of an instance with one user, one key and one file."""
    added = instance.run("user", "add", "ann@example.com", "--role", "admin")
    assert added.returncode == 0, added.stderr
    assert instance.run("key", "add", "Shop").returncode == 0
    (instance.data / "imports").mkdir()
    (instance.data / "imports" / "list.csv").write_text("email\nbea@example.com\n")
    done = instance.run("backup", str(tmp_path / "all.backup"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "all.backup"


def _users(instance: Instance) -> list[str]:
    instance.up()
    with instance.database() as database:
        rows = database.execute("SELECT email FROM accounts_user ORDER BY id").fetchall()
    instance.stop()
    return [email for (email,) in rows]


def _fence(instance: Instance) -> str:
    instance.up()
    with instance.database() as database:
        row = database.execute("SELECT fence FROM core_instance").fetchone()
    instance.stop()
    assert row is not None
    return str(row[0])


def test_a_backup_is_for_its_owner_only(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_backed_up_comes_back(instance: Instance, other: Instance, file: Path) -> None:
    done = other.run("restore", str(file))
    assert done.returncode == 0, done.stderr
    assert _users(other) == ["ann@example.com"]
    assert (other.data / "imports" / "list.csv").read_text() == "email\nbea@example.com\n"
    key = "secret_key"
    assert (other.data / key).read_text() == (instance.data / key).read_text()


def test_a_restored_copy_is_another_instance_and_sends_nothing_yet(
    instance: Instance, other: Instance, file: Path
) -> None:
    assert other.run("restore", str(file)).returncode == 0
    assert _fence(other) != _fence(instance)
    assert other.json("sending", "status")["paused"] is True
    assert other.json("sending", "resume")["paused"] is False
    assert instance.json("sending", "status")["paused"] is False


def test_a_folder_with_data_is_not_overwritten_unasked(other: Instance, file: Path) -> None:
    assert other.run("migrate").returncode == 0
    assert other.run("user", "add", "cem@example.com").returncode == 0
    refused = other.run("restore", str(file))
    assert refused.returncode == 1
    assert "holds data already" in refused.stderr
    assert _users(other)[0] == "cem@example.com"
    assert other.run("restore", str(file), "--replace").returncode == 0
    assert _users(other) == ["ann@example.com"]


def test_a_running_instance_is_backed_up_but_not_overwritten(
    instance: Instance, file: Path, tmp_path: Path
) -> None:
    instance.up()
    assert instance.run("backup", str(tmp_path / "live.backup")).returncode == 0
    refused = instance.run("restore", str(file), "--replace")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    assert instance.ready()


def test_a_damaged_backup_changes_nothing(instance: Instance, file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    for damaged in (file, Path(__file__)):
        refused = instance.run("restore", str(damaged), "--replace")
        assert refused.returncode == 1
        assert "backup" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert _users(instance)[0] == "ann@example.com"


def test_the_file_says_what_it_holds(file: Path) -> None:
    with tarfile.open(file) as tar:
        assert tar.getnames()[0] == "manifest.json"
        assert {"database.dump", "secret_key", "imports"} <= set(tar.getnames())
