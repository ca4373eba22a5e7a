"""A running Trellis as its users meet it: HTTP in front, the pipeline behind, time to move."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import uvicorn

from trellis.accounts import keys
from trellis.accounts.types import SYSTEM
from trellis.cli import jobs
from trellis.core import clock, db
from trellis.messaging.models import TrapMail
from trellis.people.models import Contact, Standing
from trellis.pipeline import clockwork
from trellis.pipeline.drain import drain
from trellis.scoring import actions as scoring
from trellis.scoring.actions import RuleDraft
from trellis.scoring.explain import ScoreExplanation, explain
from trellis.scoring.models import ScoreModel


class Web:
    """The web process, on a thread of its own."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        config = uvicorn.Config(
            "trellis.config.asgi:application", log_config=None, lifespan="on", ws="none"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )

    def start(self) -> None:
        """Return once it answers."""
        self.thread.start()
        answered = threading.Event()
        while not self.server.started and self.thread.is_alive():
            answered.wait(0.02)
        assert self.server.started, "the web process did not start"

    def stop(self) -> None:
        """Finish what is under way."""
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()


class Farina:
    """What tests do with the company: clients send, time passes, staff look."""

    def __init__(self, address: str) -> None:
        self.address = address
        _key, self.write_key = keys.create(SYSTEM, "write", "Test clients")
        self.http = httpx.Client(base_url=address, timeout=20)

    def close(self) -> None:
        """Let go of connections."""
        self.http.close()

    # ---- what clients do

    def call(self, kind: str, **body: Any) -> None:
        """One call of the tracking API, which must be accepted."""
        answer = self.http.post(f"/v1/{kind}", json=body, auth=(self.write_key, ""))
        assert answer.status_code == 200, answer.text

    def identify(self, user: str, **traits: Any) -> None:
        """Say who somebody is."""
        self.call("identify", userId=user, traits=traits)

    def track(self, user: str, event: str, **properties: Any) -> None:
        """Say what somebody did."""
        self.call("track", userId=user, event=event, properties=properties)

    def submit(self, form: str, **typed: str) -> httpx.Response:
        """Fill a hosted form in as a browser does, slowly enough for a person."""
        page = self.http.get(f"/f/{form}/").text
        hidden = dict(re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', page))
        kept = {key: value for key, value in hidden.items() if key not in typed}
        threading.Event().wait(1.1)
        return self.http.post(f"/f/{form}/", data={**kept, **typed})

    # ---- time

    def settle(self) -> None:
        """Let everything happen that is due now."""
        drain()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(jobs.drain())).result()
        drain()

    def later(self, **time: float) -> None:
        """Let time pass, and everything happen that falls due."""
        clockwork.advance(timedelta(**time))

    # ---- what staff set up and see

    def score_rule(self, name: str, bucket: str, points: int, **more: Any) -> None:
        """Add a rule to the default score model."""
        model = ScoreModel.objects.get(default=True)
        draft = RuleDraft(name=name, bucket=bucket, points=points, **more)
        scoring.save_rule(SYSTEM, model.pk, draft)

    def contact(self, email: str) -> Contact:
        """The one live contact with this address."""
        return Contact.objects.get(email=email, merged_into=None)

    def standing(self, email: str) -> Standing:
        """Score, temperature and stage."""
        return Standing.objects.get(contact_id=self.contact(email).contact_id)

    def score(self, email: str) -> int:
        """The points."""
        return self.standing(email).score

    def why(self, email: str) -> ScoreExplanation:
        """The explanation of the score; it must agree with what stands."""
        found = explain(self.contact(email).contact_id, clock.now())
        assert found is not None
        assert found.score == self.score(email)
        return found

    def points(self, email: str) -> dict[str, int]:
        """Rule → points, where a rule gives any."""
        return {row.name: row.points for row in self.why(email).rules if row.points}

    def events(self, email: str) -> list[str]:
        """Names of everything that happened to a contact, in order."""
        rows = db.fetch(
            "SELECT n.name FROM event e JOIN event_name n ON n.id = e.name_id"
            " WHERE e.contact_id = %s ORDER BY e.at, e.logged_at, e.event_id",
            [self.contact(email).contact_id],
        )
        return [name for (name,) in rows]

    def mails(self, email: str) -> list[EmailMessage]:
        """What the trap holds for an address, oldest first."""
        rows = TrapMail.objects.filter(recipient=email).order_by("id")
        return [read(bytes(row.raw)) for row in rows]


def read(raw: bytes) -> EmailMessage:
    """A message as Python's email package understands it."""
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def links(mail: EmailMessage) -> list[str]:
    """The addresses a reader of the HTML part can click."""
    body = mail.get_body(("html",))
    assert body is not None
    return [
        link.replace("&amp;", "&")
        for link in re.findall(r'<a[^>]+href="([^"]+)"', body.get_content())
    ]


def unsubscribe_address(mail: EmailMessage) -> str:
    """Where one-click unsubscribing posts to (RFC 8058)."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(mail["List-Unsubscribe"]).strip("<> ")


Rule = Mapping[str, Any]


def event(name: str, kind: str = "track", **filters: str) -> dict[str, Any]:
    """Behaviour named inline in a rule."""
    found: dict[str, Any] = {"type": kind, "name": name}
    if filters:
        found["filter"] = {
            "all": [{"field": f"prop.{k}", "op": "eq", "value": v} for k, v in filters.items()]
        }
    return found


def all_of(*leaves: Rule) -> dict[str, Sequence[Rule]]:
    """A group."""
    return {"all": list(leaves)}
