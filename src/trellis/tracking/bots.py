"""What no person did: crawlers by a maintained list, headless browsers, programs, prefetch."""

from __future__ import annotations

import re
from functools import lru_cache

from crawleruseragents import is_crawler

from trellis.tracking.types import Reason

_HEADLESS = re.compile(r"headless|phantomjs|electron/|puppeteer|playwright|selenium", re.I)
_TOOL = re.compile(
    r"^(curl|wget|python|go-http|java|okhttp|axios|node|ruby|perl|php|libwww|apache-httpclient"
    r"|postman|insomnia|httpie|guzzle|dart|rest-client)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"bot\b|bot[/;_-]|crawl|spider|slurp|preview|lighthouse|archiver", re.I)


def verdict(agent: str, *, automated: bool, prefetch: bool) -> Reason | None:
    """Why no person is behind a call; None where one may be.

    ``agent``: the browser's user agent; ``automated``: the browser itself says that a
    program steers it (WebDriver); ``prefetch``: it loaded the page ahead of time.
    """
    if prefetch:
        return Reason.BOT_PREFETCH
    return _of_agent(agent) or (Reason.BOT_AUTOMATED if automated else None)


@lru_cache(maxsize=4_096)
def _of_agent(agent: str) -> Reason | None:
    if _HEADLESS.search(agent):
        return Reason.BOT_HEADLESS
    if _TOOL.search(agent):
        return Reason.BOT_PROGRAM
    return Reason.BOT_CRAWLER if is_crawler(agent) or _WORD.search(agent) else None
