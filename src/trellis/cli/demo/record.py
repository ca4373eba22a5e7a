"""From a told life to rows: contact, identities, events, stages, consents, touches."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from trellis.cli.demo import diary as d
from trellis.cli.demo import shop
from trellis.cli.demo.definitions import CONSENT_WORDING
from trellis.cli.demo.diary import Diary, EventKey
from trellis.cli.demo.habits import agent_of
from trellis.cli.demo.persons import Calendar, Person
from trellis.cli.demo.post import moment
from trellis.cli.demo.tally import Tally
from trellis.cli.demo.tape import Tape, json
from trellis.tracking.devices import device_of


@dataclass(frozen=True, kw_only=True)
class References:
    """Ids of what rows point to."""

    names: Mapping[EventKey, int]
    stages: Mapping[str, int]
    won: frozenset[str]
    reasons: Sequence[tuple[int, str]]
    model: int
    line_id: int
    sources: Mapping[str, int]
    write_key: int
    epoch: int


class Recorder:
    """Turns persons with their diaries into rows on the tape."""

    def __init__(
        self, rng: random.Random, calendar: Calendar, tape: Tape, to: References
    ) -> None:
        self.rng = rng
        self.calendar = calendar
        self.tape = tape
        self.to = to

    def keep(self, person: Person, diary: Diary) -> None:
        """Everything about one person. Their stage history is followed on the way."""
        tally = Tally(person)
        moves = self._follow(person, diary, tally)
        diary.entries.sort(key=lambda entry: entry[0])
        first = diary.entries[0][0] if diary.entries else person.arrives
        last = diary.entries[-1][0] if diary.entries else person.arrives
        self._profile(person, first, last)
        self._events(person, diary)
        self._consents(person)
        for at, source in diary.arrivals:
            self._touch(person, at, source)
        visited = max((at for at, _source in diary.arrivals), default=0.0)
        self._standing(person, tally, moves, first, last, visited)

    def _follow(
        self, person: Person, diary: Diary, tally: Tally
    ) -> list[tuple[float, str, str]]:
        moves: list[tuple[float, str, str]] = []
        days: dict[date, tuple[tuple[int, int, int], str]] = {}
        entries = sorted(diary.entries, key=lambda entry: entry[0])
        if person.known_from:
            entries.append((person.known_from, d.IDENTIFIED, "", 0))
            entries.sort(key=lambda entry: entry[0])
        for at, key, props, _depth in entries:
            if not tally.count(key, props) and key != d.IDENTIFIED:
                continue
            days[moment(at).date()] = (tally.buckets(at), tally.warmth(at))
            before = tally.stage
            if reached := tally.move(at):
                moves.append((at, before, reached))
                note = {
                    "from": before if len(moves) > 1 else "",
                    "to": reached,
                    "how": "rule",
                    "line_id": self.to.line_id,
                }
                diary.note(at + 0.5, d.STAGE_CHANGED, json(note), 1)
            warmth = tally.temperature
            if turned := tally.warm(at):
                props = f'{{"from":"{warmth}","to":"{turned}","score":{tally.score(at)}}}'
                diary.note(at + 0.4, d.TEMPERATURE_CHANGED, props, 1)
        self._days(person.contact_id, days)
        return moves

    def _days(
        self, contact_id: int, days: Mapping[date, tuple[tuple[int, int, int], str]]
    ) -> None:
        """The history of the score: days on which it changed."""
        before = (0, 0, 0)
        for day, (buckets, warmth) in days.items():
            if buckets != before:
                row = (contact_id, self.to.model, day, *buckets, sum(buckets), warmth)
                self.tape.add("score_day", row)
            before = buckets

    def _profile(self, person: Person, first: float, last: float) -> None:
        known = person.known_from > 0
        zone, city = person.city.zone, person.city
        if known and city.name in {"Barcelona", "Girona"}:
            shop_name = "Girona" if city.name == "Girona" else self.rng.choice(shop.SHOPS[:3])
            person.state("shop", shop_name, person.known_from, "passive", "t.js")
        if known and self.rng.random() < 0.25:
            birthday = f"{1950 + self.rng.randrange(55)}-{self.rng.randint(1, 12):02d}-{self.rng.randint(1, 28):02d}"
            person.state("birthday", birthday, person.known_from, "active", "form")
        named = (person.first_name, person.last_name) if known else ("", "")
        _say_from_where(person, first)
        self.tape.add(
            "contact",
            (
                person.contact_id,
                known,
                person.email if known else "",
                person.phone if known else "",
                *named,
                person.culture.locale,
                zone,
                city.country,
                city.name,
                person.company if known else None,
                json(person.attributes),
                json(person.provenance),
                json(_tags(person) if known else []),
                moment(first),
                moment(last),
            ),
        )
        since = moment(person.known_from or first)
        if person.kind != "trade":
            self._identity(person, "anonymous_id", str(UUID(person.device)), moment(first))
            came = device_of(agent_of(person.contact_id))
            device = (came.form, came.os, came.browser, person.culture.locale)
            self.tape.add("contact_device", (person.contact_id, *device, moment(last)))
        if known:
            self._identity(person, "email", person.email, since)
            if person.phone:
                self._identity(person, "phone", person.phone, since)

    def _identity(self, person: Person, kind: str, value: str, at: datetime) -> None:
        self.tape.add("identity", (value, kind, person.contact_id, at))
        self.tape.add("contact_identity", (person.contact_id, kind, value))

    def _events(self, person: Person, diary: Diary) -> None:
        rows, names, to, now = (
            self.tape.rows["event"],
            self.to.names,
            self.to,
            self.calendar.now,
        )
        draw, contact_id = self.rng.getrandbits, person.contact_id
        for at, key, props, depth in diary.entries:
            when = moment(min(at, now))
            written = None if key[0] == "system" else to.write_key
            rows.append(
                (contact_id, draw(62), when, names[key], to.epoch, depth, written, when, props)
            )

    def _consents(self, person: Person) -> None:
        contact_id = person.contact_id
        if person.subscribed_from:
            at = moment(person.subscribed_from)
            source = "form:master-class" if person.kind == "pupil" else "form:newsletter"
            for purpose in ("marketing", "sales_contact"):
                row = (contact_id, purpose, "*", True, at, source, CONSENT_WORDING)
                self.tape.add("consent", row)
        if person.unsubscribed_at:
            at = moment(person.unsubscribed_at)
            row = (contact_id, "marketing", "email", False, at, "unsubscribe link", "")
            self.tape.add("consent", row)

    def _touch(self, person: Person, at: float, source: str) -> None:
        arrival = _ARRIVALS[source]
        how = "campaign" if arrival.utm else "visit"
        self.tape.add(
            "touch",
            (
                person.contact_id,
                moment(at),
                self.to.sources[source],
                how,
                json(arrival.utm),
                f"{shop.SITE}/",
                arrival.referrer,
            ),
        )

    def _standing(
        self,
        person: Person,
        tally: Tally,
        moves: list[tuple[float, str, str]],
        first: float,
        last: float,
        visited: float,
    ) -> None:
        to, contact_id = self.to, person.contact_id
        stage_id = to.stages[tally.stage]
        seen = (moment(first), moment(last))
        self.tape.add("standing", (contact_id, *seen, stage_id, tally.temperature))
        since = moment(moves[-1][0] if moves else first)
        outcome = "won" if tally.stage in to.won else ""
        closed = since if outcome else None
        reason_id = None
        if not person.known_from:
            return
        for number, (at, before, reached) in enumerate(moves):
            origin = to.stages[before] if number else None
            way = (contact_id, to.line_id, origin, to.stages[reached])
            reason = f"rule of stage {reached}"
            end = "won" if reached in to.won else ""
            row = (*way, moment(at), "system", "rule", reason, "{}", end)
            self.tape.add("stage_move", row)
        if lost := self._lost(person, tally, visited or first):
            outcome, closed = "lost", moment(lost)
            reason_id, reason = self._lots(contact_id).choice(to.reasons)
            gone = (contact_id, to.line_id, stage_id, stage_id, closed)
            self.tape.add("stage_move", (*gone, "Sergi Vila", "hand", reason, "{}", "lost"))
        self.tape.add(
            "lead",
            (
                *(contact_id, to.line_id, stage_id, since, outcome, reason_id, closed),
                *(moment(moves[0][0]) if moves else seen[0], closed or since),
            ),
        )

    def _lost(self, person: Person, tally: Tally, visited: float) -> float:
        """When sales gave the lead up; 0 where they did not. Mostly those who never looked
        at prices, and opened no letter."""
        if not person.known_from or tally.stage in self.to.won or tally.stage == "user":
            return 0.0
        lots = self._lots(person.contact_id)
        fit, interest, _engagement = tally.buckets(visited)
        warm = fit + interest >= 10 or tally.n["opened-mail"] > 0
        chance = (0.02 if interest >= 20 else 0.08) if warm else 0.75
        at = visited + (12 + 9 * lots.random()) * 86_400
        return at if lots.random() < chance and at < self.calendar.now else 0.0

    @staticmethod
    def _lots(contact_id: int) -> random.Random:
        """Drawn apart from all else, so that the rest of the company stays as it was."""
        return random.Random(contact_id * 7919)


_ARRIVALS = {arrival.source: arrival for arrival in (*d.ARRIVALS, d.BY_MAIL)}
_ARRIVALS["exhibition"] = d.Arrival("exhibition", 0, {}, "")


def _say_from_where(person: Person, first: float) -> None:
    """Give the fields that everybody has their provenance (T7)."""
    for key in ("locale", "time_zone"):
        person.source(key, first, "passive", "t.js")
    for key in ("city", "country"):
        person.source(key, first, "passive", "ip")
    if not person.known_from:
        return
    for key in ("first_name", "last_name", "email", *(["phone"] if person.phone else [])):
        person.source(key, person.known_from, "active", "form")
    if person.company:
        person.source("company", person.known_from, "passive", "email_domain")
    quality = ("work", "own_domain") if person.company else ("private", "open_to_everybody")
    for key, value in zip(("email_quality", "email_reason"), quality, strict=True):
        person.state(key, value, person.known_from + 2, "passive", "enrich:Email check")


def _tags(person: Person) -> list[str]:
    """The words that the staff of the demo company would put on."""
    worn = []
    if person.kind == "trade":
        worn.append("trade")
    if person.kind == "pupil" and person.contact_id % 3 == 0:
        worn.append("master-class-2026")
    if person.contact_id % 41 == 0:
        worn.append("press")
    return worn
