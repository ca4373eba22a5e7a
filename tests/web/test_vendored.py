"""The shipped libraries are those of the manifest, and every icon that is used is there."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

from trellis.web.staff import journeys, shell, words
from trellis.web.staff.sentences import SYSTEM

WEB = Path(shell.__file__).resolve().parents[1]
VENDOR = WEB / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text("utf-8"))


def _folder(package: dict[str, str]) -> Path:
    name = package["name"].lstrip("@").replace("/", "-")
    return VENDOR / f"{name}-{package['version']}"


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_the_files_are_those_of_the_manifest(package: dict[str, object]) -> None:
    folder = _folder(package)  # type: ignore[arg-type]  # a row of the manifest
    files = package["files"]
    assert isinstance(files, list)
    for entry in files:
        data = (folder / entry["to"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], entry["to"]
        squeezed = folder / f"{entry['to']}.br"
        if squeezed.exists():
            assert brotli.decompress(squeezed.read_bytes()) == data


def test_the_shell_names_the_versions_of_the_manifest() -> None:
    for file in shell.VENDOR.values():
        assert (WEB / "static" / file).exists()


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    sprite = (WEB / "static" / shell.VENDOR["icons"]).read_text("utf-8")
    there = set(re.findall(r'id="i-([\w-]+)"', sprite))
    named = {item.icon for section in shell.SECTIONS for item in section.items}
    named |= set(journeys.ICONS.values())
    named |= {row[2] for table in words.STATES.values() for row in table.values()}
    named |= {row[1] for row in (*words.TEMPERATURES.values(), *words.CHANNELS.values())}
    named |= {make({}).icon for make in SYSTEM.values()}
    for file in (WEB / "templates").rglob("*.html"):
        text = file.read_text("utf-8")
        named |= set(re.findall(r'{% icon "([\w-]+)"', text))
        named |= set(re.findall(r'{% empty "([\w-]+)"', text))
    for file in (WEB / "islands").rglob("*.js"):
        text = file.read_text("utf-8")
        named |= set(re.findall(r'icon\("([\w-]+)"\)', text))
        named |= set(re.findall(r'\["([a-z-]+)", words\.\w+, \(\) =>', text))
    assert named - there - {""} == set()
