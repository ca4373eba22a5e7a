"""MJML to HTML, once per version and locale, with Liquid kept whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import mrml
from typing_extensions import override

from trellis.messaging.content.liquid import Mask

TAGS = frozenset(
    [
        "mjml",
        "mj-head",
        "mj-body",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-breakpoint",
        "mj-font",
        "mj-preview",
        "mj-style",
        "mj-title",
        "mj-html-attributes",
        "mj-selector",
        "mj-html-attribute",
        "mj-section",
        "mj-column",
        "mj-group",
        "mj-wrapper",
        "mj-hero",
        "mj-text",
        "mj-button",
        "mj-image",
        "mj-divider",
        "mj-spacer",
        "mj-table",
        "mj-social",
        "mj-social-element",
        "mj-navbar",
        "mj-navbar-link",
        "mj-accordion",
        "mj-accordion-element",
        "mj-accordion-title",
        "mj-accordion-text",
        "mj-carousel",
        "mj-carousel-image",
        "mj-raw",
    ]
)
"""The components there are; ``mj-include`` is refused, since nothing is read from files."""

EMPTY = frozenset(
    [
        "mj-all",
        "mj-class",
        "mj-breakpoint",
        "mj-font",
        "mj-image",
        "mj-divider",
        "mj-spacer",
        "mj-carousel-image",
        "mj-html-attribute",
    ]
)
"""Components without content, which need not be closed in sloppy sources."""


class MjmlError(Exception):
    """The MJML cannot become HTML; ``line`` is where, 1-based."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
        super().__init__(message)


def to_html(source: str) -> str:
    """HTML with the Liquid of ``source`` in place; raises ``MjmlError``."""
    mask = Mask()
    hidden = mask.hide(source)
    checker = _Nesting()
    checker.feed(hidden)
    checker.close()
    checker.finish()
    try:
        html: str = mrml.to_html(hidden).content
    except OSError as error:
        raise _refused(hidden, str(error)) from error
    for number, tag in enumerate(mask.tags):
        if f"lq{number}x" not in html:
            line = hidden[: hidden.index(f"lq{number}x")].count("\n") + 1
            raise MjmlError(
                f"{tag.splitlines()[0]} stands where MJML keeps nothing;"
                " put it inside mj-text, mj-raw or an attribute that the component has",
                line,
            )
    return mask.show(html)


_POSITION = re.compile(r" in root template at position (\d+):\d+")


def _refused(source: str, words: str) -> MjmlError:
    """mrml's refusal with the line of the position it names."""
    found = _POSITION.search(words)
    at = int(found.group(1)) if found else len(source)
    return MjmlError(_POSITION.sub("", words), source.encode()[:at].count(b"\n") + 1)


class _Nesting(HTMLParser):
    """Checks that components are known and closed in order: mrml forgives both silently."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, int]] = []
        self.seen_root = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._component(tag) and tag not in EMPTY:
            self.open.append((tag, self.getpos()[0]))

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._component(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if not self._component(tag) or (tag in EMPTY and self._top() != tag):
            return
        if self._top() != tag:
            raise MjmlError(f"</{tag}> closes <{self._top() or 'nothing'}>", line)
        self.open.pop()

    def finish(self) -> None:
        """Complain about what is still open, or about a source without a root."""
        if self.open:
            tag, line = self.open[-1]
            raise MjmlError(f"<{tag}> is never closed", line)
        if not self.seen_root:
            raise MjmlError("the source must be one <mjml> element", 1)

    def _top(self) -> str:
        return self.open[-1][0] if self.open else ""

    def _component(self, tag: str) -> bool:
        if tag == "mjml":
            self.seen_root = True
        elif not tag.startswith("mj-"):
            return False
        if tag not in TAGS:
            raise MjmlError(f"<{tag}> is not an MJML component", self.getpos()[0])
        return True
