"""The rights of each role: one literal table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trellis.accounts.types import RIGHTS, Right

_READ: frozenset[Right] = frozenset(right for right in RIGHTS if right.endswith(".read"))
_SEE: frozenset[Right] = _READ - {"audit.read"}
_SELL: frozenset[Right] = _SEE | {
    "contacts.write",
    "contacts.see_private",
    "companies.write",
    "leads.write",
}

ROLE_RIGHTS: Mapping[str, frozenset[Right]] = MappingProxyType(
    {
        "admin": RIGHTS,
        "marketer": RIGHTS
        - {"users.manage", "keys.manage", "contacts.erase", "audit.read", "enrichment.write"},
        "supervisor": _SELL
        | {"imports.write", "messages.send", "audit.read", "contacts.export"},
        "mdr": _SELL | {"imports.write"},
        "sdr": _SELL,
        "sales": _SELL,
        "viewer": _SEE,
    }
)
"""``accounts.models.Role`` → rights. A viewer sees people, but no way to reach them."""
