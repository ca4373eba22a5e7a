"""SQL in named blocks (rule: Python never concatenates SQL outside the rule compiler).

A file ``<domain>/sql/<noun>.sql`` holds blocks that begin with ``-- name: <block>``,
followed by at least one comment line that says what the block is for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

_HEAD = re.compile(r"^-- name: ([a-z0-9_]+)\s*$", re.MULTILINE)


class SqlBlockError(Exception):
    """A SQL file is malformed: a block without a purpose, or a name used twice."""


def load(package: str, noun: str) -> Mapping[str, str]:
    """Read ``<package>/sql/<noun>.sql`` into a read-only mapping of block name to SQL.

    Raises ``SqlBlockError`` where a block has no purpose line or a name stands twice.
    """
    text = resources.files(package).joinpath("sql", f"{noun}.sql").read_text("utf-8")
    return MappingProxyType(parse(text, f"{package}/sql/{noun}.sql"))


def parse(text: str, origin: str) -> dict[str, str]:
    """Split ``text`` into its named blocks; ``origin`` is only for error messages."""
    blocks: dict[str, str] = {}
    heads = list(_HEAD.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        name = head.group(1)
        body = text[head.end() : following.start() if following else len(text)].strip()
        if not body.startswith("--"):
            raise SqlBlockError(f"{origin}: block {name} does not say what it is for")
        if name in blocks:
            raise SqlBlockError(f"{origin}: block {name} stands twice")
        blocks[name] = body
    return blocks
