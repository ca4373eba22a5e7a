"""A running Trellis, a browser, and somebody of the staff who signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.acceptance.conftest import bare, browser, farina, web
from tests.acceptance.farina import Farina
from trellis.accounts.models import User
from trellis.web.staff import memo

__all__ = ["bare", "browser", "farina", "web"]

SECRET = "a long secret 1"
Open = Callable[..., Page]


@pytest.fixture
def open_page(farina: Farina, browser: Browser) -> Iterator[Open]:
    """Opens a page of the demo company in a fresh browser, signed in, and fails on any
    error in the console: ``open_page("/contacts/", width=390, theme="dark")``."""
    memo.forget()
    User.objects.create_superuser("ada@example.org", SECRET, name="Ada Byron")
    contexts, faults = [], list[str]()

    def visit(address: str, *, width: int = 1280, theme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,  # type: ignore[arg-type]  # light or dark
            locale="en-GB",
            timezone_id="Europe/Madrid",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda line: faults.append(line.text) if line.type == "error" else None
        )
        page.goto(f"{farina.address}/accounts/login/?next={address}")
        page.fill("#id_login", "ada@example.org")
        page.fill("#id_password", SECRET)
        page.click("button.btn-primary")
        page.wait_for_url(f"**{address.split('?')[0]}*")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert faults == []
