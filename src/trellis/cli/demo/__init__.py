"""The demo company: a pastry school with shops, some 20,000 contacts and 120 days of history."""

from __future__ import annotations

from trellis.cli.demo.load import load
from trellis.cli.demo.setup import PASSWORD, STAFF

__all__ = ["credentials", "load"]


def credentials() -> list[tuple[str, str, str]]:
    """Logins of the demo besides the administrator's: (email, password, role)."""
    return [(email, PASSWORD, role) for email, _name, role in STAFF]
