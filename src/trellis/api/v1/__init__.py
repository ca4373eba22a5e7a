"""Version 1: one router and its schemas per noun."""

from __future__ import annotations

from ninja import Router

from trellis.api.v1 import accounts

ROUTERS: tuple[tuple[str, Router], ...] = (
    ("/keys", accounts.keys_router),
    ("/users", accounts.users_router),
    ("/audit", accounts.audit_router),
)
"""Path and router of every noun."""
