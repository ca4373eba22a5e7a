"""SQL, explanation and the plain-Python meaning of a rule always agree."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.meaning import Day, Person, back, holds
from tests.world import signal
from trellis.events.counting import number_of, said_of, text_of
from trellis.events.models import Signal
from trellis.journeys.models import Journey
from trellis.leads.models import Line, Stage
from trellis.people.models import Attribute
from trellis.rules import features, types
from trellis.rules.evaluate import holding
from trellis.rules.explain import Explanation, explain
from trellis.rules.look import look
from trellis.rules.operators import OPERATORS
from trellis.rules.parse import parse
from trellis.rules.registry import Fields, snapshot
from trellis.rules.words import sentence
from trellis.scoring.models import ScoreModel
from trellis.segments.models import Segment

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 30)
NOW = datetime(2026, 3, 30, 15, tzinfo=UTC)
WORDS = [
    "Москва",
    "москва",
    "MÁLAGA",
    "Málaga",
    "Ma\u0301laga",
    "北京",
    "Girona",
    "girona ñ",
    "",
]
TEXTS = st.sampled_from(WORDS)
ASKED = st.sampled_from(
    [*(word for word in WORDS if word), "мос", "ága", "京", "GIR", "%", "_", "m?*a", "*ñ"]
)
NUMBERS = st.sampled_from([-3, 0, 1, 2.5, 100, 1000000])
DAYS = st.dates(TODAY - timedelta(days=70), TODAY + timedelta(days=40))
SPANS = st.fixed_dictionaries(
    {"n": st.integers(1, 9), "unit": st.sampled_from(["day", "week", "month"])}
)
WITHIN_A_YEAR = st.one_of(SPANS, st.just({"n": 1, "unit": "year"}))
MOMENTS = st.fixed_dictionaries(
    {
        "day": st.sampled_from(types.ANCHORS),
        "n": st.integers(-9, 9),
        "unit": st.sampled_from(["day", "week", "month", "year"]),
    }
)
WHENS = st.one_of(
    DAYS.map(date.isoformat), st.sampled_from(["today", "yesterday", "tomorrow"]), MOMENTS
)
PERIODS = st.sampled_from(types.PERIODS)
WINDOWS = st.one_of(
    SPANS,
    PERIODS.map(lambda key: {"during": key}),
    st.fixed_dictionaries({"from": WHENS}),
    st.fixed_dictionaries({"to": WHENS}),
    st.fixed_dictionaries({"from": MOMENTS, "to": WHENS}),
    st.tuples(DAYS, DAYS)
    .map(sorted)
    .map(lambda pair: {"from": pair[0].isoformat(), "to": pair[1].isoformat()}),
)
TYPES = {
    "contact.city": "text",
    "contact.known": "boolean",
    "contact.created_at": "date",
    "standing.last_seen": "date",
    "score": "number",
    "company.score": "number",
    "contact.os": "list",
    "contact.device": "choices",
    "temperature": "choice",
    "stage": "choice",
    "attr.topic": "text",
    "attr.revenue": "number",
    "attr.vip": "boolean",
    "attr.birthday": "date",
    "attr.tags": "list",
    "consent.marketing.at": "date",
    "consent.marketing.source": "text",
    "journey.ever": "choices",
    "touch.first.utm_campaign": "text",
    "touch.any.utm_campaign": "list",
}


def held(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The same leaves, some of them asking for how long it has been so."""
    return st.one_of(inner, st.tuples(inner, SPANS).map(lambda p: {**p[0], "for": p[1]}))


def leaf(name: str, op: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"field": st.just(name), "op": st.just(op), **more})


JOURNEYS = ["welcome", "class"]
FORMS = ["phone", "desktop"]
LISTS_OF_TEXT = ("in", "not_in", "contains_any", "contains_none")


def value_leaf(name: str) -> st.SearchStrategy[Any]:
    kind = TYPES[name]
    if kind == "text":
        plain = ["eq", "ne", "contains", "not_contains", "starts_with", "ends_with"]
        plain += ["not_starts_with", "not_ends_with", "like", "not_like"]
        many = st.lists(ASKED, min_size=1, max_size=3)
        return st.one_of(
            *(leaf(name, op, value=ASKED) for op in plain),
            *(leaf(name, op, value=many) for op in LISTS_OF_TEXT),
            leaf(name, "not_regex", value=st.just("^г")),
            leaf(name, "regex", value=st.sampled_from(["^гир|^gir", "м.с", "[a-z]+$", "北"])),
            leaf(name, "empty"),
            leaf(name, "not_empty"),
        )
    if kind == "number":
        pair = st.tuples(NUMBERS, NUMBERS).map(sorted)
        return st.one_of(
            *(leaf(name, op, value=NUMBERS) for op in ("eq", "ne", "gt", "gte", "lt", "lte")),
            leaf(name, "between", value=pair),
            leaf(name, "not_between", value=pair),
            leaf(name, "in", value=st.lists(NUMBERS, min_size=1, max_size=2)),
            leaf(name, "empty"),
        )
    if kind == "boolean":
        return st.one_of(
            *(leaf(name, op, value=st.booleans()) for op in ("eq", "ne")), leaf(name, "empty")
        )
    if kind == "date":
        return date_leaf(name)
    if kind == "list":
        many = st.lists(ASKED, min_size=1, max_size=2)
        return st.one_of(
            leaf(name, "has", value=many),
            leaf(name, "has_not", value=ASKED),
            leaf(name, "has_all", value=many),
            leaf(name, "has_part", value=ASKED),
            leaf(name, "empty"),
        )
    if kind == "choices":
        keys = FORMS if name == "contact.device" else JOURNEYS
        some = st.lists(st.sampled_from(keys), min_size=1, max_size=2)
        return st.one_of(
            *(leaf(name, op, value=some) for op in ("has", "has_all", "has_not")),
            leaf(name, "empty"),
            leaf(name, "not_empty"),
        )
    keys = ["cold", "warm", "hot"] if name == "temperature" else ["user", "lead", "mql"]
    some = st.sampled_from(keys)
    return held(
        st.one_of(
            leaf(name, "eq", value=some),
            leaf(name, "ne", value=some),
            leaf(name, "in", value=st.lists(some, min_size=1)),
            leaf(name, "not_in", value=st.lists(some, min_size=1)),
        )
    )


def date_leaf(name: str) -> st.SearchStrategy[Any]:
    day = DAYS.map(date.isoformat)
    pair = st.tuples(day, day).map(sorted)
    plain = ("before", "after", "eq", "ne", "gt", "gte", "lt", "lte")
    spans = ("within_last", "not_within_last", "within_next", "longer_ago", "further_ahead")
    yearly = ("yearly_within_next", "yearly_within_last")
    months = st.lists(st.integers(1, 12), min_size=1, max_size=4)
    weekdays = st.lists(st.sampled_from(types.WEEKDAYS), min_size=1, max_size=4)
    found = st.one_of(
        *(leaf(name, op, value=WHENS) for op in plain),
        leaf(name, "between", value=pair),
        leaf(name, "not_between", value=st.tuples(MOMENTS, MOMENTS).map(list)),
        *(leaf(name, op, value=SPANS) for op in spans),
        *(leaf(name, op, value=PERIODS) for op in ("during", "not_during", "yearly_during")),
        leaf(name, "yearly_on", value=WHENS),
        *(leaf(name, op, value=WITHIN_A_YEAR) for op in yearly),
        leaf(name, "weekday_in", value=weekdays),
        leaf(name, "month_in", value=months),
        leaf(name, "not_empty"),
    )
    if name.startswith("consent."):
        return found
    return st.one_of(found, found.map(lambda rule: {**rule, "zone": "contact"}))


ORDERED = (
    *("count_gte", "count_gt", "did", "days_gte", "sum_gte", "sum_gt", "last_within"),
    *("max_gte", "min_lte", "latest_in", "latest_gte"),
)
KEPT = st.sampled_from(
    [0, 0.5, 3, -2, 7, "7", "cake", "Cake", "Ma\u0301laga", "", True, "-1.5"]
)
ASKED_KEPT = st.one_of(
    st.lists(st.sampled_from(["cake", "MÁLAGA", "7", "x"]), min_size=1, max_size=2),
    st.lists(st.sampled_from([0, 0.5, 7, -2]), min_size=1, max_size=2),
    st.sampled_from(["cake", 7, True]),
)
AMOUNTS = st.sampled_from([-1, 0, 2.5, 7])
BEHAVIOUR: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("count_gte", "count_gt", "count_lte"), st.integers(0, 6)),
    **dict.fromkeys(("count_lt", "count_eq", "days_gte", "days_lte"), st.integers(0, 6)),
    "count_between": st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted),
    **dict.fromkeys(("sum_gte", "sum_gt", "sum_lt", "sum_lte", "avg_gte", "avg_lte"), AMOUNTS),
    **dict.fromkeys(("max_gte", "max_gt", "max_lt", "max_lte"), AMOUNTS),
    **dict.fromkeys(("min_gte", "min_gt", "min_lt", "min_lte"), AMOUNTS),
    **dict.fromkeys(("latest_gte", "latest_lte", "earliest_gte", "earliest_lte"), AMOUNTS),
    **dict.fromkeys(("latest_in", "latest_not_in"), ASKED_KEPT),
    **dict.fromkeys(("earliest_in", "earliest_not_in"), ASKED_KEPT),
    **dict.fromkeys(
        ("latest_contains", "earliest_contains"), st.sampled_from(["a", "CA", "7", "Ма"])
    ),
    **dict.fromkeys(("did", "did_not"), st.none()),
    **dict.fromkeys(("last_within", "last_before", "first_within", "first_before"), SPANS),
    **dict.fromkeys(
        ("last_during", "first_during"), WINDOWS.filter(lambda window: "unit" not in window)
    ),
    **dict.fromkeys(("followed", "not_followed"), SPANS),
}


@st.composite
def signal_leaf(draw: st.DrawFn) -> dict[str, Any]:
    name, other = draw(st.permutations(["visit", "order"]))
    op = draw(st.sampled_from(sorted(BEHAVIOUR)))
    rule: dict[str, Any] = {"field": f"signal.{name}", "op": op}
    value = draw(BEHAVIOUR[op])
    if value is not None:
        rule["value"] = value
    if op.endswith("followed"):
        rule["by"] = draw(st.sampled_from([name, other]))
        if draw(st.booleans()):
            rule["same"] = "value"
        if op == "followed" and draw(st.integers(0, 2)) == 0:
            rule["not_since"] = draw(st.sampled_from([name, other]))
    if OPERATORS[op].windowed and draw(st.booleans()):
        rule["within"] = draw(WINDOWS)
    if op in ORDERED:
        for option in ("not_since", "after"):
            if draw(st.integers(0, 3)) == 0:
                rule[option] = other
    return rule


def consent_leaf() -> st.SearchStrategy[Any]:
    ops = st.sampled_from(["given", "not_given", "withdrawn"])
    plain = st.fixed_dictionaries({"field": st.just("consent.marketing"), "op": ops})
    narrow = st.fixed_dictionaries(
        {"field": st.just("consent.marketing"), "op": ops, "channel": st.just("email")}
    )
    return held(st.one_of(plain, narrow))


COMPARED = ("eq", "gt", "gte", "lt", "lte")
LASTING = st.one_of(
    leaf("attr.topic", "eq", value=ASKED, **{"for": SPANS}),
    leaf("attr.topic", "not_in", value=st.lists(ASKED, min_size=1), **{"for": SPANS}),
    leaf("attr.revenue", "in", value=st.lists(NUMBERS, min_size=1), **{"for": SPANS}),
    leaf("contact.city", "ne", value=ASKED, **{"for": SPANS}),
    *(leaf("score", op, value=NUMBERS, **{"for": SPANS}) for op in COMPARED),
    leaf("score", "between", value=st.just([0, 50]), **{"for": SPANS}),
)
"""What has been so for some time, by provenance or by the history of scores."""

LEAVES = st.one_of(
    LASTING,
    *(value_leaf(name) for name in TYPES),
    signal_leaf(),
    signal_leaf(),
    signal_leaf(),
    consent_leaf(),
    held(leaf("segment", "in", value=st.just(["list"]))),
    held(leaf("segment", "not_in", value=st.just(["list"]))),
    st.fixed_dictionaries(
        {
            "field": st.just("random"),
            "op": st.just("in_share"),
            "value": st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted),
            "salt": st.sampled_from(["", "spring"]),
        }
    ),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.sampled_from(["all", "any", "none"]).flatmap(
        lambda kind: st.lists(inner, max_size=4).map(lambda parts: {kind: parts})
    ),
    max_leaves=8,
)


@st.composite
def days(draw: st.DrawFn) -> list[Day]:
    found = []
    for day in draw(st.lists(DAYS, max_size=4, unique=True)):
        hours = sorted(draw(st.tuples(st.integers(0, 23), st.integers(0, 23))))
        first, last = (datetime.combine(day, time(hour), UTC) for hour in hours)
        total = draw(st.sampled_from([0.0, 0.5, 3.0, -2.0]))
        hours_kept = st.lists(st.integers(0, 23), max_size=3, unique=True)
        kept = [(datetime.combine(day, time(h), UTC), draw(KEPT)) for h in draw(hours_kept)]
        kept = [(at, raw) for at, raw in kept if raw != ""]
        found.append(Day(day, draw(st.integers(1, 4)), total, first, last, kept))
    return found


STAMPS = DAYS.flatmap(
    lambda day: st.integers(0, 23).map(lambda h: datetime.combine(day, time(h), UTC))
)
PEOPLE = st.builds(
    Person,
    columns=st.fixed_dictionaries(
        {
            "contact.city": TEXTS,
            "contact.known": st.booleans(),
            "contact.created_at": STAMPS,
            "standing.last_seen": STAMPS,
            "score": st.sampled_from([-3, 0, 1, 100]),
            "company.score": st.sampled_from([None, -3, 0, 2, 100]),
            "contact.time_zone": st.sampled_from(["", "Asia/Tokyo", "America/Lima", "Mars"]),
            "temperature": st.sampled_from(["cold", "warm", "hot"]),
            "temperature.since": DAYS,
            "stage": st.sampled_from(["user", "lead", "mql", None]),
            "stage.since": DAYS,
            "attr.topic.since": DAYS,
            "attr.revenue.since": DAYS,
            "contact.city.since": DAYS,
        }
    ),
    scores=st.lists(
        st.tuples(
            st.dates(date(2026, 1, 10), date(2026, 2, 19)), st.sampled_from([-3, 0, 1, 100])
        ),
        max_size=4,
        unique_by=lambda row: row[0],
    ),
    attributes=st.fixed_dictionaries(
        {},
        optional={
            "topic": st.one_of(TEXTS, st.none()),
            "revenue": st.one_of(NUMBERS, st.sampled_from(["100", "2.5", "x", "", None, True])),
            "vip": st.sampled_from([True, False, "true", "no", None, 1]),
            "birthday": st.one_of(
                DAYS.map(date.isoformat),
                DAYS.map(lambda day: f"{day.isoformat()}T10:30:00+00:00"),
                st.sampled_from(["2026-02-31", "soon", "", None]),
            ),
            "tags": st.one_of(st.lists(TEXTS, max_size=3), st.sampled_from(["Girona", None])),
        },
    ),
    signals=st.fixed_dictionaries({"visit": days(), "order": days()}),
    consents=st.lists(
        st.tuples(
            STAMPS,
            st.sampled_from(["marketing", "sales_contact"]),
            st.sampled_from(["email", "sms", "*"]),
            st.booleans(),
        ),
        max_size=3,
        unique_by=lambda row: row[0],
    ),
    segments=st.fixed_dictionaries({}, optional={"list": STAMPS}),
    journeys=st.sets(st.sampled_from(JOURNEYS)),
    devices=st.lists(st.tuples(st.sampled_from(["", *FORMS]), TEXTS), max_size=2, unique=True),
    touches=st.lists(st.tuples(STAMPS, TEXTS), max_size=2, unique_by=lambda row: row[0]),
)


def kept_columns(kept: list[tuple[datetime, Any]]) -> list[Any]:
    """The values of a day as they are stored."""
    numbers = [number for _at, raw in kept if (number := number_of(raw)) is not None]
    said = [text for at, raw in kept if (text := said_of(raw, at)) is not None]
    return [
        max(numbers, default=None),
        min(numbers, default=None),
        min(said, default=None),
        max(said, default=None),
    ]


def apart(key: str) -> int:
    """A signal that keeps each value of the property apart."""
    return Signal.objects.create(
        key=f"{key}-by-value",
        name=key,
        event_type="track",
        event_name=key,
        value_prop="value",
        each_value=True,
        status="live",
    ).pk


def said_since(columns: dict[str, Any]) -> dict[str, Any]:
    """Provenance that says since when values have been what they are: some were said again."""
    found: dict[str, Any] = {}
    for name in ("attr.topic", "attr.revenue", "contact.city"):
        moment = f"{columns[f'{name}.since']}T23:30:00+00:00"
        again = {"since": moment, "at": "2026-03-30T08:00:00+00:00"}
        found[name.partition(".")[2]] = {"at": moment} if name == "attr.topic" else again
    return found


def kept_apart(kept: list[tuple[datetime, Any]]) -> list[tuple[Any, ...]]:
    """Each value of a day with its first and last time."""
    times: dict[str, list[datetime]] = {}
    for at, raw in kept:
        times.setdefault(text_of(raw), []).append(at)
    return [(value, min(found), max(found)) for value, found in times.items()]


class World:
    """The definitions that generated rules read."""

    def __init__(self) -> None:
        for key, kind in (
            ("topic", "text"),
            ("revenue", "number"),
            ("vip", "boolean"),
            ("birthday", "date"),
            ("tags", "list"),
        ):
            Attribute.objects.create(key=key, label=key.title(), type=kind)
        self.signals = {key: signal(key, value_prop="value").pk for key in ("visit", "order")}
        self.apart = {key: apart(key) for key in self.signals}
        self.journeys = {
            key: Journey.objects.create(key=key, name=key.title()).pk for key in JOURNEYS
        }
        self.model = ScoreModel.objects.get(default=True).pk
        self.line = Line.objects.get(default=True).pk
        self.list = Segment.objects.create(key="list", name="List", kind="static").pk
        self.stages = {stage.key: stage.pk for stage in Stage.objects.all()}
        self.fields: Fields = snapshot()

    def place(self, person: Person) -> int:
        at = person.columns
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contact (known, city, time_zone, attributes, created_at, provenance)"
                " VALUES (%s, %s, %s, %s, %s, %s) RETURNING contact_id",
                [
                    at["contact.known"],
                    at["contact.city"],
                    at["contact.time_zone"],
                    json.dumps(person.attributes),
                    at["contact.created_at"],
                    json.dumps(said_since(at)),
                ],
            )
            (number,) = cursor.fetchone()
            seen = at["standing.last_seen"]
            cursor.execute(
                "INSERT INTO standing (contact_id, first_seen, last_seen, score, temperature,"
                " temperature_on, stage_id) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [
                    number,
                    seen,
                    seen,
                    at["score"],
                    at["temperature"],
                    at["temperature.since"],
                    self.stages.get(at["stage"]),
                ],
            )
            rows = [
                [
                    *(number, self.signals[key], d.day, d.n, d.total, d.first_at, d.last_at),
                    *kept_columns(d.kept),
                ]
                for key, found in person.signals.items()
                for d in found
            ]
            cursor.executemany(
                "INSERT INTO signal_daily (contact_id, signal_id, day, n, sum, first_at,"
                " last_at, high, low, first_value, last_value)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                rows,
            )
            cursor.executemany(
                "INSERT INTO score_day (contact_id, model_id, day, demographic, interest,"
                " engagement, score, temperature) VALUES (%s, %s, %s, 0, 0, %s, %s, 'cold')",
                [[number, self.model, day, score, score] for day, score in person.scores],
            )
            cursor.executemany(
                "INSERT INTO signal_value (contact_id, signal_id, day, value, first_at, last_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    [number, self.apart[key], d.day, *row]
                    for key, found in person.signals.items()
                    for d in found
                    for row in kept_apart(d.kept)
                ],
            )
            cursor.executemany(
                "INSERT INTO consent (contact_id, at, purpose, channel, given, source)"
                " VALUES (%s, %s, %s, %s, %s, 'form ' || %s)",
                [[number, *row, row[2]] for row in person.consents],
            )
            cursor.executemany(
                "INSERT INTO membership (contact_id, segment_id, since) VALUES (%s, %s, %s)",
                [[number, self.list, since] for since in person.segments.values()],
            )
            cursor.executemany(
                "INSERT INTO enrolment (contact_id, journey_id, version_id, state, step, slot,"
                " entered_at, step_since, entry) VALUES (%s, %s, 1, 'done', 'end', 0, %s, %s, '{}')",
                [[number, self.journeys[key], seen, seen] for key in sorted(person.journeys)],
            )
            cursor.executemany(
                "INSERT INTO contact_device (contact_id, form, os, browser, language, last_at)"
                " VALUES (%s, %s, %s, '', '', %s)",
                [[number, *pair, seen] for pair in person.devices],
            )
            if at["company.score"] is not None:
                cursor.execute(
                    "UPDATE contact SET company_id = contact_id WHERE contact_id = %s", [number]
                )
                cursor.execute(
                    "INSERT INTO company_score (company_id, score, people, hot, at)"
                    " VALUES (%s, %s, 1, 0, %s)",
                    [number, at["company.score"], seen],
                )
            cursor.executemany(
                "INSERT INTO touch (contact_id, at, how, utm) VALUES (%s, %s, 'visit', %s)",
                [
                    [number, when, json.dumps({"utm_campaign": campaign})]
                    for when, campaign in person.touches
                ],
            )
            if at["stage"] is not None:
                cursor.execute(
                    "INSERT INTO lead (contact_id, line_id, stage_id, stage_since, created_at,"
                    " updated_at) VALUES (%s, %s, %s, %s, %s, %s)",
                    [
                        number,
                        self.line,
                        self.stages[at["stage"]],
                        at["stage.since"],
                        seen,
                        seen,
                    ],
                )
            person.number = number
        return int(number)


@pytest.fixture
def world() -> World:
    return World()


def leaves_of(node: Explanation) -> list[Explanation]:
    if node.kind == "leaf":
        return [node]
    return [found for part in node.parts for found in leaves_of(part)]


@pytest.fixture(params=[1, 1_000], ids=["in two steps", "flat"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of making the aggregates, however few there are."""
    monkeypatch.setattr(features, "MANY", request.param)


@pytest.mark.usefixtures("way")
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rules=st.lists(RULES, min_size=1, max_size=4),
    people=st.lists(PEOPLE, min_size=1, max_size=3),
)
def test_sql_explanation_and_meaning_agree(
    world: World, rules: list[dict[str, Any]], people: list[Person]
) -> None:
    with transaction.atomic():
        ids = [world.place(person) for person in people]
        parsed = {number: parse(rule, world.fields) for number, rule in enumerate(rules)}
        found = holding(parsed, ids, NOW)
        for number, rule in enumerate(rules):
            meant = {
                id_
                for id_, person in zip(ids, people, strict=True)
                if holds(rule, person, TODAY, TYPES)
            }
            assert found[number] == meant, rule
            for id_ in ids:
                told = explain(parsed[number], id_, NOW, world.fields)
                assert told.holds == (id_ in meant)
                assert len(leaves_of(told)) == len(list(types.leaves(parsed[number])))
            assert parse(types.to_json(parsed[number]), world.fields) == parsed[number]
            words = sentence(parsed[number], world.fields)
            for part in types.leaves(parsed[number]):
                field = world.fields[part.field]
                assert any(str(text) in words for text in (field.label, *(field.said or ())))
        seen = look(parsed[0], NOW, world.fields, 5)
        assert seen.count.n == len(found[0])
        assert set(seen.contact_ids) == found[0]
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("today", "n", "since"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 3, 29), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 2, date(2025, 11, 15)),
    ],
)
def test_months_are_calendar_months_clamped(today: date, n: int, since: date) -> None:
    from trellis.rules import windows

    assert windows.since(today, types.Span(n, "month")) == since
    assert back(today, {"n": n, "unit": "month"}) == since
