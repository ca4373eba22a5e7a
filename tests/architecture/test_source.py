"""The source keeps its promises: time, sizes, layout, no traces of a workplace."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, modules, short, tracked, tree

MACHINE_TIME = {
    "core/clock.py": "the source of now",
    "core/ids.py": "ids are ordered by the machine's time, whatever a sandbox pretends",
}
FILE_LINES = 420
FUNCTION_LINES = 60
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
DOMAINS = (
    "accounts",
    "people",
    "events",
    "sources",
    "segments",
    "scoring",
    "leads",
    "messaging",
    "journeys",
)
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "timezone.now",
}


def _calls(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            name = base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
            found.add(f"{name}.{node.func.attr}")
    return found


@pytest.mark.parametrize("path", list(modules()), ids=short)
def test_now_is_read_from_the_clock_only(path: Path) -> None:
    read = _calls(path) & CLOCKS
    assert not read or short(path) in MACHINE_TIME, f"{sorted(read)}; use trellis.core.clock"


@pytest.mark.parametrize("path", list(modules()), ids=short)
def test_files_stay_short_enough_to_read(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= FILE_LINES or short(path) in LONG_FILES, f"{lines} lines: make it a folder"


@pytest.mark.parametrize("path", list(modules()), ids=short)
def test_functions_stay_short_enough_to_read(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            name = f"{short(path)}:{node.name}"
            assert size <= FUNCTION_LINES or name in LONG_FUNCTIONS, f"{name} has {size} lines"


@pytest.mark.parametrize("path", list(modules()), ids=short)
def test_public_things_say_what_they_mean(path: Path) -> None:
    module = tree(path)
    assert ast.get_docstring(module), f"{short(path)} has no docstring"
    for node in module.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        assert node.name.startswith("_") or ast.get_docstring(node), (
            f"{short(path)}: {node.name} has no docstring"
        )


def test_domains_use_the_same_file_names() -> None:
    for domain in DOMAINS:
        for name in ("models.py", "apps.py"):
            file = PACKAGE / domain / name
            folder = file.with_suffix("") / "__init__.py"
            assert file.exists() or folder.exists(), f"{domain} has no {name}"


def test_no_exception_outlives_its_file() -> None:
    names = {short(path) for path in modules()}
    assert set(LONG_FILES) <= names
    assert {name.split(":")[0] for name in LONG_FUNCTIONS} <= names
    assert set(MACHINE_TIME) <= names


def test_nothing_names_the_machine_it_was_written_on() -> None:
    trace = re.compile(r"/(work|root|farm)/|/tmp/(brief|land|mkwt|npm)")
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".mo", ".gz", ".woff2"}:
            continue
        found = trace.search(path.read_text("utf-8", "replace"))
        assert found is None, f"{path}: {found.group(0)}"
