"""The whole loop with clients that nobody here wrote, and mail over real SMTP."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page
from segment.analytics.client import Client as Segment

from tests.acceptance.farina import Farina, links, read, unsubscribe_address
from tests.acceptance.test_master_class import LAIA, ask_for_programme, eventually
from trellis.core import clock

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PETE = "pete@mail.example"
NODA = "noda@mail.example"
CONSENT = {"purpose": "marketing", "given": True, "wording": "Write to me."}
EBOOK_JOURNEY = """
key: ebook-thanks
name: Thanks for the e-book
entry:
  - event: {name: E-book Downloaded}
steps:
  - {id: thanks, send: {template: welcome}}
  - {id: pause, wait: {for: 2 days}}
  - {id: more, send: {template: welcome-articles}}
"""
NODE_SDK = "@segment/analytics-node@2"
NODE = """
import { Analytics } from '@segment/analytics-node';
const [host, writeKey, email] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey });
const context = { consent: [{ purpose: 'marketing', given: true, wording: 'Write to me.' }] };
analytics.identify({ userId: 'node-1', traits: { email, firstName: 'Noda' }, context });
analytics.track({ userId: 'node-1', event: 'E-book Downloaded', properties: { title: 'Doughs' } });
await analytics.closeAndFlush();
"""


class Mailbox:
    """An SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[str, EmailMessage]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """aiosmtpd's hook for a whole message."""
        for recipient in envelope.rcpt_tos:
            self.got.append((recipient, read(envelope.content)))
        return "250 kept"

    def of(self, address: str) -> list[EmailMessage]:
        """What came for an address, in order."""
        return [mail for recipient, mail in self.got if recipient == address]


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """The mail server and its port."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()


def by_python_sdk(company: Farina) -> None:
    failed: list[Exception] = []
    segment = Segment(
        company.write_key,
        host=company.address,
        on_error=lambda error, _items: failed.append(error),
    )
    segment.identify(
        "py-1", {"email": PETE, "firstName": "Pete"}, context={"consent": [CONSENT]}
    )
    segment.track("py-1", "E-book Downloaded", {"title": "Doughs"})
    segment.shutdown()
    assert failed == []


def by_node_sdk(company: Farina, folder: Any) -> bool:
    """Whether there is a Node here that can do it."""
    if shutil.which("npm") is None:
        return False
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "send.mjs").write_text(NODE)
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", NODE_SDK]
    try:
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    send = ["node", "send.mjs", company.address, company.write_key, NODA]
    done = subprocess.run(
        send, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return True


def by_csv(company: Farina) -> None:
    text = (
        "Correo;Nombre;Ciudad;Tema\n"
        "rosa@mail.example;Rosa;València;pan\n"
        "PETE@mail.example;Pedro;Girona;tartas\n"
    )
    file = ("fair.csv", text.encode("utf-8-sig"), "text/csv")
    source = company.ask("POST", "/imports", files={"file": file})
    company.ask("POST", f"/imports/{source.id}/start")


def check_headers(mail: EmailMessage, address: str) -> None:
    assert mail["To"].addresses[0].addr_spec == address
    assert mail["From"].addresses[0].addr_spec == "hola@farina.example"
    assert mail["Message-ID"]
    assert mail["Date"].datetime is not None
    assert mail["List-Unsubscribe"].startswith("<http")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert mail.defects == []
    text = mail.get_body(("plain",))
    assert text is not None
    assert "{{" not in text.get_content()


def test_the_whole_loop(
    farina: Farina,
    page: Page,
    mailbox: tuple[Mailbox, int],
    settings: Any,
    tmp_path: Any,
) -> None:
    box, port = mailbox
    journey = farina.post("/journeys", yaml=EBOOK_JOURNEY)
    farina.post(f"/journeys/{journey.id}/publish")
    by_python_sdk(farina)
    node = by_node_sdk(farina, tmp_path)
    by_csv(farina)
    ask_for_programme(farina, page)

    settings.TRELLIS_SANDBOX = False
    settings.TRELLIS_SMTP_URL = f"smtp://127.0.0.1:{port}"
    eventually(farina, lambda: len(box.got) >= (3 if node else 2))
    assert farina.contact("rosa@mail.example").city == "València"
    assert farina.contact(PETE).city == "Girona"
    people = [PETE, LAIA, *([NODA] if node else [])]
    assert sorted(recipient for recipient, _ in box.got) == sorted(people)
    for address in people:
        check_headers(box.of(address)[0], address)
    assert box.of(LAIA)[0]["Subject"] == "El teu programa, Laia"

    before = farina.score(PETE)
    page.goto(next(link for link in links(box.of(PETE)[0]) if "/l/" in link))
    farina.settle()
    assert farina.score(PETE) > before
    assert "Message Clicked" in farina.events(PETE)

    page.goto(unsubscribe_address(box.of(PETE)[0]))
    page.locator("main form[method=post] button").first.click()
    page.wait_for_load_state()
    farina.settle()
    assert "Unsubscribed" in farina.events(PETE)
    assert farina.score(PETE) < before

    for passed in (timedelta(days=2, hours=1), timedelta(days=2, hours=13)):
        clock.set_offset(passed)  # the clock's own call is for sandboxes, whose mail is trapped
        farina.settle()
    assert len(box.of(PETE)) == 1
    assert len(box.of(LAIA)) == 2
    rest = farina.every("/messages", contact_id=farina.contact(PETE).contact_id)
    assert [(row.state, row.why) for row in rest] == [("skipped", "withdrawn"), ("sent", "")]
