"""How the tracker behaves for one write key: what it asks, sends by itself, and leaves out.

Kept with the key (``accounts.Key.tracking``), delivered with ``/t.js?key=…``, and used by the
collector where the server has a part in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from trellis.core.errors import InvalidInput

AUTOMATIC: dict[str, str] = {
    "pages": "Page views, also inside single-page applications",
    "read": "Pages read to the end",
    "time": "Time on a page",
    "clicks": "Clicks on chosen elements",
    "links": "Links that lead to other sites, and to mail or telephone",
    "downloads": "Downloads",
    "products": "Products seen, put in the cart or on the wish list",
    "forms": "Forms begun and left (never what is in them)",
    "exit": "Exit intent",
    "returns": "Second and later visits, to the site and to a page",
}
"""What t.js may tell by itself: key → what it is."""

MAX_CLICKS = 30
MAX_SITES = 20
MAX_READ = 600
_SITE = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_DOMAIN = re.compile(r"\.?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tracker of one write key.

    - ``consent``: track until the visitor refuses, or only after a yes.
    - ``before``: what goes out before the answer: nothing, or page views and events without
      any id, cookie or stored value.
    - ``off``: keys of ``AUTOMATIC`` that are switched off.
    - ``clicks``: (CSS selector, name) of elements whose clicks are told.
    - ``read``: seconds a page must have been in sight to count as read to the end.
    - ``domain``: domain of the cookie, to know visitors on all its subdomains; "" for one.
    - ``sites``: hosts (with their subdomains) to which links of messages carry who clicked,
      so that the tracker there may tie the device to the contact; empty: none do.
    - ``bots``: refuse robots, counted by reason, or keep their events with a mark.
    """

    consent: Literal["opt_out", "opt_in"] = "opt_out"
    before: Literal["nothing", "cookieless"] = "nothing"
    off: tuple[str, ...] = ()
    clicks: tuple[tuple[str, str], ...] = ()
    read: int = 8
    domain: str = ""
    sites: tuple[str, ...] = ()
    bots: Literal["refuse", "mark"] = "refuse"

    def for_script(self) -> dict[str, Any]:
        """What t.js must know, as it reads it."""
        found: dict[str, Any] = {"read": self.read}
        if self.consent == "opt_in":
            found.update(consent=self.consent, before=self.before)
        if self.off:
            found["off"] = self.off
        if self.clicks:
            found["clicks"] = self.clicks
        if self.domain:
            found["domain"] = self.domain
        return found


DEFAULT = Options()


def stored(options: Options) -> dict[str, Any]:
    """As it is kept with the key: only what differs from the defaults."""
    found: dict[str, Any] = msgspec.to_builtins(options)
    return found


def load(kept: Mapping[str, Any]) -> Options:
    """The options of a key, as they were stored; defaults where they cannot be read."""
    try:
        return msgspec.convert(dict(kept), Options)
    except msgspec.ValidationError:
        return DEFAULT


def read(given: Mapping[str, Any]) -> Options:
    """Options as a person or program states them. Raises ``InvalidInput`` that names the
    first field at fault."""
    if unknown := sorted(given.keys() - set(Options.__struct_fields__)):
        raise InvalidInput(f"There is no option {unknown[0]!r}.", field=unknown[0])
    try:
        options = msgspec.convert(dict(given), Options)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None
    if strange := sorted(set(options.off) - AUTOMATIC.keys()):
        raise InvalidInput(f"There is no automatic event {strange[0]!r}.", field="off")
    _check_clicks(options.clicks)
    _check_sites(options.sites)
    if not 0 <= options.read <= MAX_READ:
        raise InvalidInput(f"Reading takes 0 to {MAX_READ} seconds.", field="read")
    if options.domain and not _DOMAIN.fullmatch(options.domain):
        message = "A cookie's domain is written like example.org."
        raise InvalidInput(message, field="domain")
    return options


def _check_clicks(clicks: tuple[tuple[str, str], ...]) -> None:
    if len(clicks) > MAX_CLICKS:
        raise InvalidInput(f"At most {MAX_CLICKS} elements.", field="clicks")
    for selector, name in clicks:
        if not selector.strip() or len(selector) > 200 or len(name) > 80:
            message = "A selector has 1 to 200 characters, a name up to 80."
            raise InvalidInput(message, field="clicks")


def _check_sites(sites: tuple[str, ...]) -> None:
    if len(sites) > MAX_SITES:
        raise InvalidInput(f"At most {MAX_SITES} sites.", field="sites")
    if wrong := [site for site in sites if not _SITE.fullmatch(site)]:
        message = f"{wrong[0]!r} is not a host: write it like www.example.org."
        raise InvalidInput(message, field="sites")
