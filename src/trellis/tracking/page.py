"""What a call says about where it happened: page, campaign, device."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAGE = ("url", "path", "referrer", "title", "search")
"""Keys of ``context.page`` that become properties."""

CAMPAIGN = {
    "name": "utm_campaign",
    "source": "utm_source",
    "medium": "utm_medium",
    "term": "utm_term",
    "content": "utm_content",
    "id": "utm_id",
}
"""``context.campaign`` → property. Other keys of it become ``utm_<key>``."""

CLIENT: dict[str, str | dict[str, str]] = {
    "userAgent": "user_agent",
    "locale": "locale",
    "timezone": "time_zone",
    "groupId": "group_id",
    "app": {"name": "app_name", "version": "app_version"},
    "os": {"name": "os", "version": "os_version"},
    "device": {"type": "device_type"},
    "screen": {"width": "screen_width", "touch": "touch"},
    "sessionId": "session",
    "sessionStart": "session_start",
    "visit": "visit",
    "cookieless": "cookieless",
}
"""``context.<key>`` → property, or ``context.<key>.<inner>`` → property. Addresses of the
network are not kept."""

CLICK_IDS = frozenset(
    {
        *("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "yclid", "ttclid"),
        *("twclid", "li_fat_id", "bd_vid"),
    }
)
"""Parameters by which advertisers recognise a click; kept under their own names."""

_MARKS = ("utm_", "clid=", "braid=", "bd_vid=", "li_fat_id=")
_MAX_PARAMETER = 255
_MAX_QUERY = 4_096


def put_page(props: dict[str, Any], context: Mapping[str, Any]) -> None:
    """Add the page's address and title where the properties do not say them themselves."""
    page = context.get("page")
    if isinstance(page, dict):
        for key in PAGE:
            value = page.get(key)
            if value is not None and key not in props:
                props[key] = value
    url = props.get("url")
    if isinstance(url, str) and "path" not in props:
        props["path"] = _path(url)


def put_campaign(props: dict[str, Any], context: Mapping[str, Any]) -> None:
    """Add ``utm_*`` from the campaign, else from the page's query, and known click ids."""
    campaign = context.get("campaign")
    if isinstance(campaign, dict):
        for key, value in campaign.items():
            if value not in (None, ""):
                props.setdefault(CAMPAIGN.get(key, f"utm_{key}"), value)
    query = _query(props)
    if not query or not any(mark in query for mark in _MARKS):
        return
    for key, value in _parameters(query):
        if key.startswith("utm_") or key in CLICK_IDS:
            props.setdefault(key[:64], value[:_MAX_PARAMETER])


def put_client(props: dict[str, Any], context: Mapping[str, Any]) -> None:
    """Add what is known of the program and the device, by the names of ``CLIENT``."""
    for key, value in context.items():
        name = CLIENT.get(key)
        if isinstance(name, str):
            _put(props, name, value)
        elif name is not None and isinstance(value, dict):
            for inner, called in name.items():
                _put(props, called, value.get(inner))


def _put(props: dict[str, Any], name: str, value: Any) -> None:
    if value not in (None, "") and name not in props and not isinstance(value, dict | list):
        props[name] = value


@lru_cache(maxsize=1_024)
def _parameters(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(query[:_MAX_QUERY].lstrip("?")))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return ""


def _query(props: Mapping[str, Any]) -> str:
    search = props.get("search")
    if isinstance(search, str) and search:
        return search
    url = props.get("url")
    return url.partition("?")[2].partition("#")[0] if isinstance(url, str) else ""
