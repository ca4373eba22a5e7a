"""Liquid, sandboxed: strict about syntax when saved, lenient about missing values when sent.

Templates reach only what the context holds; there is no loader, so nothing is included
from anywhere, and loops and output are limited.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from liquid import Environment, RenderContext
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.filter import with_context
from typing_extensions import override

TRACK = "_track"
"""Name under which the context holds the function that turns a URL into a signed link."""


MOST = 10**12
"""A size beyond every limit."""


class _Sandbox(Environment):
    loop_iteration_limit = 10_000
    local_namespace_limit = 1_000_000
    output_stream_limit = 2_000_000

    @override
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in ("include", "render"):
            self.tags.pop(tag, None)
        self.filters["link"] = _link
        self.filters = {name: _bounded(filter) for name, filter in self.filters.items()}


def _bounded(filter: Callable[..., Any]) -> Callable[..., Any]:
    """``filter``, refusing what would take a machine's time or memory: a few letters of
    Liquid name ranges of billions, square numbers, and replace each letter by a book."""

    @wraps(filter)
    def bounded(value: Any, *rest: Any, **named: Any) -> Any:
        size = _size(value)
        for other in rest:
            size = max(size, _size(value) * _size(other))
        if size > _Sandbox.output_stream_limit * 10:
            raise ResourceLimitError("a filter is given too much", token=None)
        return filter(value, *rest, **named)

    return bounded


def _size(value: object) -> int:
    """How much work a value may make."""
    if isinstance(value, range):
        # Not len(), which fails over ranges of more than the machine can index.
        long = value.stop - value.start > _Sandbox.loop_iteration_limit
        return MOST if long else value.stop - value.start
    if isinstance(value, int):
        return MOST if value.bit_length() > 256 else 1
    return len(value) if isinstance(value, str | list | tuple) else 1


@with_context
def _link(number: object, target: object, *, context: RenderContext) -> str:
    """``{{ 2 | link: url }}``, written by the compiler only: the signed link number 2."""
    url = html.unescape(str(target)).strip()
    track = context.resolve(TRACK)
    if not callable(track) or urlsplit(url).scheme.lower() not in {"http", "https"}:
        return url
    return str(track(int(str(number)), url))


HTML = _Sandbox(autoescape=True)
"""For HTML: values are escaped."""
TEXT = _Sandbox(autoescape=False)
"""For subjects and plain text: values as they are."""

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_MASK = re.compile(r"lq(\d+)x")


class Mask:
    """Hides Liquid from parsers of HTML and MJML behind plain words, and brings it back."""

    def __init__(self) -> None:
        self.tags: list[str] = []

    def hide(self, source: str) -> str:
        """``source`` with a word for each tag; line numbers stay."""

        def word(match: re.Match[str]) -> str:
            self.tags.append(match.group())
            return f"lq{len(self.tags) - 1}x" + "\n" * match.group().count("\n")

        return _TAG.sub(word, source)

    def show(self, masked: str) -> str:
        """The tags in place of their words."""
        return _MASK.sub(self._tag, masked)

    def _tag(self, match: re.Match[str]) -> str:
        number = int(match.group(1))
        return self.tags[number] if number < len(self.tags) else match.group()


def problems(source: str) -> list[tuple[int, str]]:
    """What is wrong with the Liquid of ``source``: (line, sentence) pairs."""
    try:
        template = HTML.from_string(source)
    except LiquidError as error:
        return [(_line(source, error), str(error).splitlines()[0])]
    unknown = [
        (span.line_col(source)[0], name)
        for name, spans in template.analyze().filters.items()
        if name not in HTML.filters
        for span in spans
    ]
    return [(line, f"unknown filter {name!r}") for line, name in unknown]


def _line(source: str, error: LiquidError) -> int:
    context = error.context()
    return context[0] if context else source.count("\n") + 1
