"""Messages of the past: what was sent, opened, clicked, and who had enough."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from trellis.cli.demo import diary as d
from trellis.cli.demo import shop
from trellis.cli.demo.diary import Diary, Walk
from trellis.cli.demo.letters import GREETING
from trellis.cli.demo.persons import Calendar, Person
from trellis.cli.demo.tape import Tape
from trellis.core.ids import slot_of

DAY = 86_400.0
NEWSLETTER_DAYS = (18, 48, 79, 109)
"""Days of the 120 on which a newsletter went out."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A published template: its key, current version and subjects by locale."""

    key: str
    version_id: int
    subjects: dict[str, str]

    def subject(self, person: Person) -> str:
        """The subject as it read in this person's language."""
        text = self.subjects.get(person.culture.locale) or self.subjects[""]
        return text.replace(GREETING, f", {person.first_name}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one message went; 0 = did not happen. A queued one waits for the morning."""

    state: str = "sent"
    opened: float = 0.0
    clicked: float = 0.0


def moment(at: float) -> datetime:
    """Seconds since the epoch as an aware time."""
    return datetime.fromtimestamp(at, UTC)


class Post:
    """Writes messages and what came back into the tape and the diary."""

    def __init__(
        self,
        rng: random.Random,
        calendar: Calendar,
        tape: Tape,
        message_ids: Iterator[int],
        origin: str,
    ) -> None:
        self.rng = rng
        self.calendar = calendar
        self.tape = tape
        self.message_ids = message_ids
        self.origin = origin

    def issues(self, person: Person) -> list[float]:
        """When newsletters went out to this person, were they still subscribed."""
        if not person.subscribed_from:
            return []
        first = self.calendar.first_day + 8 * 3600
        times = (first + day * DAY + self.rng.random() * 900 for day in NEWSLETTER_DAYS)
        return [at for at in times if person.subscribed_from < at]

    def newsletter(
        self, person: Person, diary: Diary, letter: Letter, number: int, at: float
    ) -> Iterator[float]:
        """One issue; a generator, so that it takes its turn among the journeys."""
        if not 0 < person.unsubscribed_at < at:
            self.send(person, diary, at, letter, f"broadcast:{number}", None)
        yield from ()

    def send(
        self,
        person: Person,
        diary: Diary,
        at: float,
        letter: Letter,
        cause: str,
        journey: tuple[int, str] | None,
    ) -> Delivery:
        """One message that falls due at ``at``; an unsubscribed person is skipped."""
        message_id = next(self.message_ids)
        at = self.calendar.decent(at, person.city.zone)
        if not person.subscribed_from or 0 < person.unsubscribed_at < at:
            withheld = Delivery(state="skipped")
            self._keep(person, message_id, at, letter, cause, journey, withheld)
            return withheld
        if at > self.calendar.now:
            later = Delivery(state="queued")
            self._keep(person, message_id, at, letter, cause, journey, later)
            return later
        about = f'"message_id":{message_id},"template":"{letter.key}","channel":"email"' + (
            f',"journey":"{journey[1]}"' if journey else ""
        )
        diary.note(at, d.SENT, f"{{{about}}}", 1)
        delivery = self._reaction(at)
        if delivery.opened:
            diary.note(delivery.opened, d.OPENED, f'{{{about},"human":0.9}}')
        if delivery.clicked:
            url = f"{self.origin}{shop.SITE}/"
            diary.note(delivery.clicked, d.CLICKED, f'{{{about},"url":"{url}","human":0.97}}')
            walk = Walk(self.rng, diary, delivery.clicked + 3, d.BY_MAIL, self.origin)
            walk.page(f"{shop.SITE}/", "Home")
        elif delivery.opened and self.rng.random() < 0.02:
            person.unsubscribed_at = delivery.opened + 20
            props = f'{{"purpose":"marketing","channel":"email","how":"link",{about}}}'
            diary.note(person.unsubscribed_at, d.UNSUBSCRIBED, props)
        self._keep(person, message_id, at, letter, cause, journey, delivery)
        return delivery

    def _reaction(self, at: float) -> Delivery:
        opened = at + 120 + self.rng.expovariate(1 / (5 * 3600))
        if self.rng.random() > 0.42 or opened > self.calendar.now:
            return Delivery()
        clicked = opened + 5 + self.rng.random() * 120
        if self.rng.random() > 0.24 or clicked + 60 > self.calendar.now:
            return Delivery(opened=opened)
        return Delivery(opened=opened, clicked=clicked)

    def _keep(
        self,
        person: Person,
        message_id: int,
        at: float,
        letter: Letter,
        cause: str,
        journey: tuple[int, str] | None,
        delivery: Delivery,
    ) -> None:
        due = moment(at)
        sent = delivery.state == "sent"
        reason = "withdrawn" if person.unsubscribed_at else "no_consent"
        self.tape.add(
            "message",
            (
                person.contact_id,
                message_id,
                slot_of(person.contact_id),
                cause,
                "email",
                "marketing",
                letter.version_id,
                journey[0] if journey else None,
                delivery.state,
                reason if delivery.state == "skipped" else "",
                person.email if sent else "",
                letter.subject(person) if sent else "",
                1 if sent else 0,
                due if delivery.state == "queued" else None,
                min(due, moment(self.calendar.now)),
                due if sent else None,
                moment(delivery.opened) if delivery.opened else None,
                moment(delivery.clicked) if delivery.clicked else None,
            ),
        )
