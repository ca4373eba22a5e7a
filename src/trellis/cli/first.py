"""The first start: a login, and the demo company where it is asked for."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings

from trellis.accounts import actions
from trellis.cli import demo
from trellis.cli.demo.setup import PASSWORD
from trellis.events import start

DEMO_EMAIL = "demo@farina.example"
"""The demo's administrator."""


def login(*, demo: bool) -> dict[str, Any] | None:
    """Make the first administrator; None where there are users already.

    The demo's login is fixed, and told at each start.
    """
    if demo:
        actions.first_admin(DEMO_EMAIL, PASSWORD)
        return {"email": DEMO_EMAIL, "password": PASSWORD, "demo": True}
    made = actions.first_admin(settings.TRELLIS_ADMIN_EMAIL)
    return None if made is None else {"email": made[0].email, "password": made[1]}


def start_set() -> None:
    """Count what websites tell from the first event on."""
    start.put()


def load_demo() -> bool:
    """Load the demo company once, whole or not at all; True where it was loaded now."""
    return demo.load(lambda line: print(f"trellis: demo: {line}", file=sys.stderr, flush=True))
