"""How likely a person, not a scanner or a prefetching mail client, made a hit. Pure.

What a hit looked like is stored with it, so that it can be judged again by better rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HUMAN = 0.5
"""From this probability on, a hit counts as a person's."""

TOO_SOON = 2.0
"""Seconds after sending within which nobody has opened the mail and found the link."""
BURST_SECONDS = 5.0
BURST = "burst"
BURST_LINKS = 3
"""So many different links of one mail within the time are a scanner's."""

MACHINES = (
    "bot",
    "crawl",
    "spider",
    "scanner",
    "preview",
    "prefetch",
    "curl/",
    "wget/",
    "python-",
    "go-http-client",
    "libwww",
    "barracuda",
    "mimecast",
    "proofpoint",
    "safelinks",
    "symantec",
    "trendmicro",
    "fireeye",
    "forcepoint",
)
"""Parts of user agents that say they are no browser, in lower case."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One request for a link or the pixel of a message.

    ``link`` is its number in the template, 0 for the pixel; ``at`` and ``sent`` are UTC
    seconds; ``prefetch`` whether the client said that nobody asked for it yet.
    """

    link: int
    at: float
    sent: float
    method: str
    agent: str
    prefetch: bool


def probability(hit: Hit, earlier: Sequence[Hit]) -> tuple[float, str]:
    """(probability, reason) given the ``earlier`` hits of the same message."""
    agent = hit.agent.lower()
    if hit.method == "HEAD":
        return 0.0, "head"
    if hit.prefetch:
        return 0.05, "prefetch"
    if not agent:
        return 0.1, "no_agent"
    if any(word in agent for word in MACHINES):
        return 0.05, "machine"
    if hit.at - hit.sent < TOO_SOON:
        return 0.1, "too_soon"
    if hit.link == 0:
        return _open(agent)
    links = {other.link for other in earlier if hit.at - other.at <= BURST_SECONDS} - {0}
    if len(links | {hit.link}) >= BURST_LINKS:
        return 0.05, BURST
    return 0.95, "person"


def _open(agent: str) -> tuple[float, str]:
    if agent == "mozilla/5.0":
        # Apple's mail privacy loads every image of every mail, read or not.
        return 0.3, "privacy_proxy"
    return 0.9, "person"
