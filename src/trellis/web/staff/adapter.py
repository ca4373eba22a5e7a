"""How sign-in behaves: accounts are made by an administrator, never by strangers."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from typing_extensions import override


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes sign-up; the first administrator is made at first start."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
