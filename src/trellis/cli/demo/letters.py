"""The demo company's letters as template variants: words from YAML set in one MJML frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from string import Template as Frame
from typing import Any

import yaml

from trellis.cli.demo import shop

FALLBACK = "en"
GREETING = "{% if contact.first_name %}, {{ contact.first_name }}{% endif %}"
"""What {name} in a subject stands for: the first name where it is known."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A template before it is saved: ``variants`` by locale, English under ""."""

    key: str
    name: str
    variants: dict[str, dict[str, str]]


def drafts(origin: str) -> Iterator[Draft]:
    """All letters; their links lead to the demo site at ``origin``."""
    folder = resources.files("trellis.cli.demo").joinpath("data")
    words: dict[str, Any] = yaml.safe_load(folder.joinpath("letters.yaml").read_text("utf-8"))
    frame = Frame(folder.joinpath("letter.mjml").read_text("utf-8"))
    for key, letter in words["letters"].items():
        link = f"{origin}{shop.SITE}{letter['link']}"
        variants = {
            "" if locale == FALLBACK else locale: _variant(frame, letter[locale], common, link)
            for locale, common in words["common"].items()
        }
        yield Draft(key=key, name=letter["name"], variants=variants)


def _variant(
    frame: Frame, letter: dict[str, Any], common: dict[str, str], link: str
) -> dict[str, str]:
    paragraphs = "\n        ".join(f"<mj-text>{text}</mj-text>" for text in letter["body"])
    return {
        "subject": letter["subject"].replace("{name}", GREETING),
        "preheader": letter["preheader"],
        "mjml": frame.substitute(
            common,
            title=letter["title"],
            paragraphs=paragraphs,
            button=letter["button"],
            link=link,
        ),
    }


def journeys() -> Iterator[str]:
    """The definitions of the demo's journeys, as YAML."""
    folder = resources.files("trellis.cli.demo").joinpath("data", "journeys")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield file.read_text("utf-8")
