"""The first start: a login, and the demo company where it is asked for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from trellis.accounts import actions
from trellis.core.models import Instance

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "demo-demo-demo"  # noqa: S105  # printed on purpose: a sandbox


def login(*, demo: bool) -> dict[str, Any] | None:
    """Make the first administrator; None where there are users already.

    The demo's login is fixed, and told at each start.
    """
    if demo:
        actions.first_admin(DEMO_EMAIL, DEMO_PASSWORD)
        return {"email": DEMO_EMAIL, "password": DEMO_PASSWORD, "demo": True}
    made = actions.first_admin(settings.TRELLIS_ADMIN_EMAIL)
    return None if made is None else {"email": made[0].email, "password": made[1]}


def load_demo() -> bool:
    """Load the demo company once, whole or not at all; True where it was loaded now."""
    load = import_string("trellis.cli.demo.load")
    with transaction.atomic():
        row = Instance.objects.select_for_update().get(id=1)
        if row.settings.get("demo"):
            return False
        load()
        row.refresh_from_db()
        row.settings["demo"] = True
        row.save(update_fields=["settings"])
    return True
