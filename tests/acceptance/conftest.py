"""A web process for all acceptance tests, and a company for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.farina import Farina, Web
from trellis.cli.demo import setup
from trellis.core import clock, instance
from trellis.core.locks import bump_epoch, forget_definitions
from trellis.journeys import book

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)


@pytest.fixture(scope="package")
def web(django_db_setup: None, django_db_blocker: Any) -> Iterator[Web]:
    """The web process."""
    with django_db_blocker.unblock():
        process = Web()
        process.start()
        yield process
        process.stop()


@pytest.fixture
def bare(transactional_db: None, web: Web, settings: Any) -> Iterator[Farina]:
    """A company that has defined nothing yet, in a sandbox at the machine's time."""
    settings.TRELLIS_URL = web.address
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    forget_definitions()
    book.forget()
    instance.refresh_clock(force=True)
    company = Farina(web.address)
    yield company
    company.close()
    clock.set_offset(timedelta())


@pytest.fixture
def farina(bare: Farina) -> Farina:
    """The demo company's definitions without its history."""
    setup.put(bump_epoch())
    forget_definitions()
    return bare


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop on this thread; the ORM is used between its calls.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as play:
            path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            found = play.chromium.launch(executable_path=path, args=list(ARGUMENTS))
            yield found
            found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor."""
    context = browser.new_context(
        locale="ca-ES",
        timezone_id="Europe/Madrid",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36",
    )
    found = context.new_page()
    found.set_default_timeout(15_000)
    yield found
    context.close()
