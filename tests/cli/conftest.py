"""A migrated data folder is made once and copied, so that each test starts at once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import Instance, folder


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A data folder with a migrated database at rest."""
    with folder() as root:
        done = Instance(root / "data").run("migrate")
        assert done.returncode == 0, done.stderr
        yield root / "data"


@pytest.fixture
def instance(made: Path) -> Iterator[Instance]:
    """An instance on a copy of the migrated folder, at rest."""
    with folder() as root:
        subprocess.run(["cp", "-a", str(made), str(root / "data")], check=True)
        one = Instance(root / "data")
        try:
            yield one
        finally:
            one.end()


@pytest.fixture(scope="module")
def running(made: Path) -> Iterator[Instance]:
    """An instance that runs, shared by the tests of a file."""
    with folder() as root:
        subprocess.run(["cp", "-a", str(made), str(root / "data")], check=True)
        one = Instance(root / "data")
        try:
            one.up()
            yield one
        finally:
            one.end()


@pytest.fixture
def fresh() -> Iterator[Instance]:
    """An instance whose folder does not exist yet."""
    with folder() as root:
        one = Instance(root / "data")
        try:
            yield one
        finally:
            one.end()
