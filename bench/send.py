"""Sending email: from rows in the outbox to a mail server's answer, and recorded.

The limit is a bare smtplib loop over one connection to the same server that builds each
message with the standard library and keeps no record of it.
"""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from bench.base import Result, free_port, instance

MJML = """<mjml><mj-head><mj-preview>News for {{ contact.first_name }}</mj-preview></mj-head>
<mj-body><mj-section><mj-column>
<mj-text font-size="20px">Hello {{ contact.first_name | default: "there" }}</mj-text>
<mj-text>In June we bake croissants, brioche and puff pastry with {{ attr.teacher }}. There
are twelve places and two ovens for each of them, and everybody takes home what they made.
{% if attr.topic == "pastry" %}As you like pastry, your place is kept until Friday.{% else %}Have
a look at what else there is.{% endif %}</mj-text>
<mj-button href="https://shop.example/master-class?topic={{ attr.topic }}">See the class</mj-button>
<mj-text><a href="https://shop.example/prices">Prices</a> · <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""


def run(small: bool) -> list[Result]:
    """Send mails through everything, and through nothing."""
    count = 1_000 if small else 10_000
    with instance(), _sink() as port:
        os.environ["TRELLIS_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        figure, text, html = _trellis(count, port)
        limit = _bare(count // 5, port, text, html)
    return [
        Result(
            name="send",
            figure=figure,
            unit="mails/s",
            limit=limit,
            ratio=figure / limit,
            contacts=count,
        )
    ]


@contextlib.contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    program = Path(__file__).with_name("_sink.py")
    process = subprocess.Popen([sys.executable, str(program), str(port)])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def _trellis(count: int, port: int) -> tuple[float, str, str]:
    """Mails a second of one worker, and one mail's text and HTML."""
    from django.conf import settings

    from trellis.core import clock
    from trellis.messaging import deliver, preview
    from trellis.messaging.models import Message

    settings.TRELLIS_SMTP_URL = f"smtp://127.0.0.1:{port}"
    version_id = _load(count)
    now = clock.now()
    begin = time.perf_counter()
    while deliver.run_due(range(64), now, 1_000):
        pass
    seconds = time.perf_counter() - begin
    deliver.close()
    sent = Message.objects.filter(state="sent", template_version_id=version_id).count()
    assert sent == count, f"{sent} of {count} were sent"
    first = Message.objects.order_by("message_id")[0]
    seen = preview.message_page(first.contact_id, first.message_id)
    return count / seconds, seen.text, seen.html


def _load(count: int) -> int:
    """Contacts who consented, a template, and a message to each in the outbox."""
    from django.db import connection

    from trellis.accounts.types import SYSTEM
    from trellis.core import clock
    from trellis.messaging import outbox
    from trellis.messaging.actions import TemplateDraft, save_template
    from trellis.messaging.types import SendRequest

    version = save_template(
        SYSTEM,
        TemplateDraft(
            key="class",
            name="Class",
            variants={"": {"subject": "A place for {{ contact.first_name }}", "mjml": MJML}},
        ),
    )
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contact (known, email, first_name, last_name, attributes)"
            " SELECT true, 'p' || n || '@example.com', 'Ann' || n, 'Example',"
            """ '{"topic": "pastry", "teacher": "Marie"}' FROM generate_series(1, %s) n"""
            " RETURNING contact_id",
            [count],
        )
        contacts = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO consent (contact_id, consent_id, purpose, channel, given, at, source)"
            " SELECT contact_id, contact_id, 'marketing', 'email', true, %s, 'form' FROM contact",
            [now],
        )
    outbox.request(
        [
            SendRequest(
                contact_id=contact,
                cause="broadcast:1",
                template_version_id=version.pk,
                channel="email",
                purpose="marketing",
                wake_at=now,
            )
            for contact in contacts
        ],
        now,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return version.pk


def _bare(count: int, port: int, text: str, html: str) -> float:
    """Mails a second of a plain loop that builds each message and hands it over."""
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(count):
            mail = EmailMessage()
            mail["From"] = "Trellis <trellis@localhost>"
            mail["To"] = f"p{number}@example.com"
            mail["Subject"] = f"A place for Ann{number}"
            mail["Message-ID"] = f"<{number}@localhost>"
            mail["List-Unsubscribe"] = f"<https://shop.example/u/{number}>"
            mail.set_content(text.replace("Ann1", f"Ann{number}"))
            mail.add_alternative(html.replace("Ann1", f"Ann{number}"), subtype="html")
            server.send_message(mail)
    return count / (time.perf_counter() - begin)
