"""From a user agent to what people call a device: browser, system, form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import ua_parser

PHONE, TABLET, DESKTOP = "phone", "tablet", "desktop"
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk/|Kindle|Android(?!.*Mobile)", re.I)
_PHONE = re.compile(r"Mobi|iPhone|iPod|Phone|Opera Mini", re.I)
_SHORT = re.compile(r" (Mobile|iOS|WebView|UI/WKWebView)\b|^Mobile |^Chrome Mobile.*")
_LONGEST = 400


class Device(NamedTuple):
    """A browser family, an operating system, and phone, tablet or desktop; "" is unknown."""

    browser: str = ""
    os: str = ""
    form: str = ""


@lru_cache(maxsize=4_096)
def device_of(agent: str, touch: bool = False) -> Device:
    """The device behind a user agent. ``touch``: its screen takes touches, which tells an
    iPad from the Mac it claims to be."""
    if not agent:
        return Device()
    found = ua_parser.parse(agent[:_LONGEST])
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    form = _form(agent)
    if touch and form == DESKTOP and system.startswith("Mac"):
        system, form = "iPadOS", TABLET
    return Device(_plain(browser), system.replace("Mac OS X", "macOS")[:40], form)


def _form(agent: str) -> str:
    if _TABLET.search(agent):
        return TABLET
    return PHONE if _PHONE.search(agent) else DESKTOP


def _plain(browser: str) -> str:
    """``Chrome Mobile`` and ``Mobile Safari`` are Chrome and Safari to people."""
    if browser.startswith("Chrome Mobile"):
        return "Chrome"
    return _SHORT.sub("", browser)[:40]
