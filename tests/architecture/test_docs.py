"""The documents are complete: what exists is explained."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import ROOT

DOCS = ROOT / "docs"


def _requirements() -> list[str]:
    names = []
    for file in ("runtime.in", "dev.in"):
        for line in (ROOT / "requirements" / file).read_text("utf-8").splitlines():
            if line and not line.startswith(("#", "-")):
                names.append(re.split(r"[\[<>=~ ]", line)[0])
    return names


@pytest.mark.parametrize("name", _requirements())
def test_every_dependency_has_a_reason(name: str) -> None:
    text = (DOCS / "explanation" / "dependencies.md").read_text("utf-8")
    assert re.search(rf"^\| {re.escape(name)} \| \S.{{10,}} \|$", text, re.MULTILINE)


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (path.parent / target).exists(), f"{path}: {target}"
