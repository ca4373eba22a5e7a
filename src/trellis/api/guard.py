"""What no JSON schema says: text that PostgreSQL cannot hold is refused at the door."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest
from ninja.parser import Parser
from typing_extensions import override

from trellis.core.errors import InvalidInput

_SUSPECT = re.compile(rb"\\u(0000|[dD][89a-fA-F])|\x00")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MAX_DEPTH = 64


class StrictParser(Parser):
    """Reads JSON bodies; NUL, half surrogates, NaN and bottomless nesting are refused."""

    @override
    def parse_body(self, request: HttpRequest) -> Any:
        raw = request.body
        try:
            value = json.loads(raw, parse_constant=_refuse_constant)
        except RecursionError:
            raise InvalidInput("The JSON nests too deep.") from None
        if _SUSPECT.search(raw) or raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            check(value)
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def check(value: object, depth: int = 0) -> None:
    """Raise ``InvalidInput`` where text inside ``value`` cannot be stored."""
    if depth > MAX_DEPTH:
        raise InvalidInput(f"The JSON nests deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise InvalidInput("Text may not hold NUL or half of a surrogate pair.")
    elif isinstance(value, list):
        for item in value:
            check(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            check(key, depth + 1)
            check(item, depth + 1)


def check_address(request: HttpRequest) -> None:
    """Raise ``InvalidInput`` where path or query hold NUL or are not UTF-8."""
    address = unquote_to_bytes(request.get_full_path())
    if b"\x00" in address:
        raise InvalidInput("The address may not hold NUL.")
    try:
        address.decode()
    except UnicodeDecodeError:
        raise InvalidInput("The address is not UTF-8.") from None
