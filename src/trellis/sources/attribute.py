"""From what an arrival carries to a node of the tree: one table, read from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICK_IDS = ("gclid", "msclkid", "yclid", "bd_vid", "fbclid", "ttclid")
"""Marks that advertising networks put on their links; all but fbclid mean paid."""

_BY_SOURCE = {
    "douyin": "douyin",
    "kuaishou": "kuaishou",
    "weibo": "weibo",
    "wechat": "wechat",
    "weixin": "wechat",
    "trellis": "email",
    "newsletter": "email",
    "app-store": "app-store",
    "appstore": "app-store",
}
_BY_MEDIUM = {
    "cpc": "sem",
    "ppc": "sem",
    "sem": "sem",
    "paidsearch": "sem",
    "paid-search": "sem",
    "display": "display",
    "banner": "display",
    "cpm": "display",
    "paidsocial": "display",
    "paid-social": "display",
    "email": "email",
    "social": "social",
    "video": "short-video",
    "live": "live-stream",
    "partner": "partner",
    "affiliate": "agent",
    "agent": "agent",
    "referral": "partner",
    "organic": "seo",
    "exhibition": "exhibition",
    "event": "exhibition",
    "offline": "ground-push",
    "wom": "word-of-mouth",
}
_SEARCH = (
    "google.",
    "bing.",
    "duckduckgo.",
    "baidu.",
    "yandex.",
    "ecosia.",
    "sogou.",
    "so.com",
)
_SOCIAL = (
    "facebook.", "instagram.", "linkedin.", "twitter.", "x.com", "t.co", "vk.com", "youtube.",
    "tiktok.", "pinterest.", "reddit.", "xiaohongshu.",
)  # fmt: skip


def host_of(url: object) -> str:
    """The host of an address without ``www.``; empty where it has none."""
    if not isinstance(url, str) or not url:
        return ""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def outside_referrer(props: Mapping[str, Any]) -> str:
    """The host of the referrer where it is another site than the page; else empty."""
    host = host_of(props.get("referrer"))
    return "" if not host or host == host_of(props.get("url")) else host


def source_of(props: Mapping[str, Any]) -> str:
    """The key of the source an arrival came through."""
    if isinstance(given := props.get("source"), str) and given:
        return given
    source = str(props.get("utm_source") or "").strip().lower()
    medium = str(props.get("utm_medium") or "").strip().lower()
    if source in _BY_SOURCE and medium not in ("cpc", "ppc", "sem"):
        return _BY_SOURCE[source]
    if medium in _BY_MEDIUM:
        return _BY_MEDIUM[medium]
    if any(props.get(mark) for mark in CLICK_IDS if mark != "fbclid"):
        return "sem"
    return _of_referrer(outside_referrer(props), tagged=bool(source or medium))


def _of_referrer(host: str, *, tagged: bool) -> str:
    if any(mark in host for mark in _SEARCH):
        return "seo"
    if any(host == mark or host.startswith(mark) or f".{mark}" in host for mark in _SOCIAL):
        return "social"
    return "partner" if host or tagged else "direct"
