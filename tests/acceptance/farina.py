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
from trellis.accounts.types import RIGHTS, SYSTEM
from trellis.cli import jobs
from trellis.pipeline.drain import drain


class Answer(dict[str, Any]):
    """A JSON object of the API, whose members can be read as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


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
    """What tests do with the company: clients send, time passes, staff look. Staff use the
    REST API with a key that may do everything."""

    def __init__(self, address: str) -> None:
        self.address = address
        _key, self.write_key = keys.create(SYSTEM, "write", "Test clients")
        _key, staff = keys.create(SYSTEM, "api", "Test staff", sorted(RIGHTS))
        self.http = httpx.Client(base_url=address, timeout=20)
        self.staff = httpx.Client(
            base_url=f"{address}/api/v1",
            timeout=300,
            headers={"Authorization": f"Bearer {staff}"},
        )

    def close(self) -> None:
        """Let go of connections."""
        self.http.close()
        self.staff.close()

    # ---- what staff ask of the API

    def ask(self, method: str, path: str, **how: Any) -> Any:
        """One call of the REST API, which must succeed; its JSON, if any."""
        answer = self.staff.request(method, path, **how)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json(object_hook=Answer) if answer.content else None

    def get(self, path: str, **params: Any) -> Any:
        """Read."""
        return self.ask("GET", path, params=params)

    def post(self, path: str, **body: Any) -> Any:
        """Make or do."""
        return self.ask("POST", path, json=body)

    def every(self, path: str, **params: Any) -> list[Answer]:
        """All items of a paged list."""
        items: list[Answer] = []
        while True:
            page = self.get(path, **params)
            items += page["items"]
            if not page.next_cursor:
                return items
            params["cursor"] = page.next_cursor

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
        self.post("/clock/advance", hours=timedelta(**time) // timedelta(hours=1))

    # ---- what staff set up and see

    def score_rule(self, name: str, bucket: str, points: int, **more: Any) -> Answer:
        """Add a rule to the default score model."""
        path = f"/score-models/{self.score_model().id}/rules"
        made: Answer = self.post(path, name=name, bucket=bucket, points=points, **more)
        return made

    def score_model(self) -> Answer:
        """The default score model with its rules."""
        return next(model for model in self.get("/score-models") if model.default)

    def people(self, text: str = "", kind: str = "known") -> list[Answer]:
        """The contacts that a search finds."""
        return self.every("/contacts", q=text, kind=kind)

    def contact(self, email: str) -> Answer:
        """The one live contact with this address."""
        [found] = [row for row in self.people(email) if row.email == email]
        contact: Answer = self.get(f"/contacts/{found.contact_id}")
        return contact

    def score(self, email: str) -> int:
        """The points."""
        return int(self.contact(email).score)

    def why(self, email: str) -> Answer:
        """The explanation of the score; it must agree with what stands."""
        contact = self.contact(email)
        found: Answer = self.get(f"/contacts/{contact.contact_id}/score")
        assert found.score == contact.score
        return found

    def points(self, email: str) -> dict[str, int]:
        """Rule → points, where a rule gives any."""
        return {row.name: row.points for row in self.why(email).rules if row.points}

    def stage(self, email: str) -> str:
        """The key of the stage that the lead stands in."""
        number = self.contact(email).stage_id
        return next(stage.key for stage in self.get("/stages") if stage.id == number)

    def members(self, key: str) -> set[int]:
        """Who is in a segment."""
        number = next(segment.id for segment in self.get("/segments") if segment.key == key)
        return {row.contact_id for row in self.every(f"/segments/{number}/members")}

    def happened(self, email: str) -> list[Answer]:
        """Everything that happened to a contact, in order."""
        path = f"/contacts/{self.contact(email).contact_id}/events"
        return list(reversed(self.every(path)))

    def events(self, email: str) -> list[str]:
        """Names of everything that happened to a contact, in order."""
        return [row.name for row in self.happened(email)]

    def mails(self, email: str) -> list[EmailMessage]:
        """What the trap holds for an address, oldest first."""
        page = self.get("/trap", q=email, limit=200)
        rows = [row for row in reversed(page["items"]) if row.recipient == email]
        return [read(self.staff.get(f"/trap/{row.id}/raw").content) for row in rows]


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
