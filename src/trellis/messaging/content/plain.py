"""Plain text from HTML: what a reader without HTML sees where no text was written."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from typing_extensions import override

_SILENT = frozenset({"style", "script", "head", "title"})
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "tr",
        "table",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "blockquote",
        "pre",
    ]
)


def text_of(html: str) -> str:
    """Readable text: paragraphs apart, list items dashed, links with their address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "".join(reader.parts)
    text = re.sub(r"[ \t\xa0\u200b\u200c\ufeff]+", " ", text)
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.hidden: list[str] = []
        self.href = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if self.hidden or "display:none" in values.get("style", "").replace(" ", ""):
            if tag not in {"img", "br", "hr", "input", "meta", "link"}:
                self.hidden.append(tag)
            return
        if tag in _SILENT:
            self.silent += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag not in {"tr", "div"} else "\n")
        elif tag == "a":
            self.href = values.get("href", "")
        elif tag == "img" and values.get("alt"):
            self.parts.append(values["alt"])

    @override
    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag in self.hidden:
                while self.hidden.pop() != tag:
                    pass
            return
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag == "a" and self.href:
            if not self.href.startswith("#"):
                self.parts.append(f" ({self.href})")
            self.href = ""
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag not in {"tr", "div"} else "\n")
        elif tag in {"td", "th"}:
            self.parts.append(" ")

    @override
    def handle_data(self, data: str) -> None:
        if not self.silent and not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
