"""Learning which leads are won: nothing of the outcome helps, refusals say why, chances
add up from their reasons, and what no longer fits is retired."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.scoring.test_calibrate import ended
from tests.world import NOW, did, person, segment, signal
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.events.models import Signal
from trellis.leads.models import Lead, Line, Stage
from trellis.people.models import Attribute, Standing
from trellis.rules import registry
from trellis.scoring import fitting
from trellis.scoring.models import Prediction, PredictModel, Predictor
from trellis.scoring.predict import actions, applying, facts, learn, quality, queries, training
from trellis.scoring.predict.types import read

TODAY = date(2026, 11, 23)


def line() -> Line:
    return Line.objects.get(default=True)


def opened(contact_id: int) -> int:
    """That a lead is open."""
    stage = Stage.objects.get(line=line(), key="lead")
    Lead.objects.create(
        contact_id=contact_id,
        line_id=line().pk,
        stage_id=stage.pk,
        stage_since=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    return contact_id


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's time."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def history(db: None) -> tuple[Signal, Signal, Signal]:
    """A hundred won and a hundred lost or disqualified leads: those who studied prices or
    are professionals were mostly won, reading says nothing, buying is done on the very day
    of the outcome."""
    found = signal("prices"), signal("read"), signal("bought")
    prices, reading, bought = found
    Attribute.objects.create(key="level", label="Level", type="choice")
    Attribute.objects.create(key="notes", label="Notes", type="text")
    for number in range(200):
        won = number % 2 == 0
        turn = number // 2
        contact = person(
            created_at=NOW - timedelta(days=100),
            email=f"p{number}@mail.example",
            attributes={
                "level": "pro" if turn % 4 < (3 if won else 1) else "home",
                "notes": "won" if won else "lost",
            },
        )
        day = TODAY - timedelta(days=10 + number % 50)
        if turn % 5 < (4 if won else 1):
            did(contact, prices, day - timedelta(days=3), 1 + turn % 4)
        if turn % 3:
            did(contact, reading, day - timedelta(days=5))
        if won:
            did(contact, bought, day)
        at = datetime(day.year, day.month, day.day, 15, tzinfo=NOW.tzinfo)
        ended(contact, at, "won" if won else "disqualified" if turn % 2 else "lost")
    return found


def ready() -> PredictModel:
    """Learn for the default line."""
    actions.train(SYSTEM, line().pk)
    training.train(line().pk)
    found = applying.in_use(line().pk)
    assert found is not None, queries.state(line().pk).why
    return found


def test_only_what_was_known_before_the_outcome_is_learnt(
    history: tuple[Signal, Signal, Signal],
) -> None:
    prices, _reading, bought = history
    model = ready()
    assert (model.won, model.lost) == (100, 100)
    known = {(one.key, one.item): one for one in read(model.inputs)}
    assert known[f"signal.{prices.pk}", "late"].weight > 0
    assert known["attr.level", "pro"].weight > 0
    assert not any(key.startswith(f"signal.{bought.pk}") for key, _item in known)
    assert not any(key == "attr.notes" for key, _item in known)
    mine, rival = queries.qualities(model)
    assert 0.8 < mine.low < mine.auc < 1
    assert mine.brier < mine.flat
    assert rival.auc == pytest.approx(0.5)
    assert mine.n == mine.won + sum(n - won for n, won in mine.tenths)
    assert queries.state(line().pk).row.state == "ready"


def test_chances_add_up_from_their_reasons(history: tuple[Signal, Signal, Signal]) -> None:
    prices = history[0]
    keen = opened(person(attributes={"level": "pro"}, email="k@mail.example"))
    cool = opened(person(attributes={"level": "home"}, email="c@mail.example"))
    today = opened(person(attributes={"level": "home"}, email="t@mail.example"))
    visitor = opened(person(known=False))
    did(keen, prices, TODAY - timedelta(days=2), 4)
    did(today, prices, TODAY, 4)
    model = ready()
    assert applying.apply(model.line_id, lambda _ids: None) == 3
    rows = {row.contact_id: row for row in Prediction.objects.all()}
    assert set(rows) == {keen, cool, today}
    assert rows[keen].chance > 0.8 > 0.3 > rows[cool].chance
    assert rows[today].chance == rows[cool].chance, "what is done today counts tomorrow"
    known = facts.present([keen, cool, today], NOW)
    for number in (keen, cool, today):
        odds = applying.log_odds(model.base, read(model.inputs), known[number])
        assert rows[number].chance == pytest.approx(fitting.sigmoid(odds), abs=0.001)
    [said] = queries.of_contact(keen)
    assert said.reasons[0].part > 0
    assert "Prices: 4 times in the last 14 days" in [one.sentence for one in said.reasons]
    assert abs(said.usual - 0.5) < 0.2
    assert applying.apply(model.line_id, lambda _ids: None) == 0, "only differences are written"
    assert visitor not in rows


def test_rules_read_the_chance_and_whoever_moved_is_derived_again(
    history: tuple[Signal, Signal, Signal],
) -> None:
    keen = opened(person(attributes={"level": "pro"}, email="k@mail.example"))
    model = ready()
    key = f"predict.{line().key}.chance"
    assert registry.snapshot()[key].level == registry.SCORE
    segment("likely", {"field": key, "op": "gte", "value": 10})
    woken: list[int] = []
    applying.apply(model.line_id, woken.extend)
    assert woken == [keen]
    with pytest.raises(Conflict, match="Likely"):
        actions.switch_off(SYSTEM, line().pk)


def few(won: int, lost: int) -> None:
    for number in range(won + lost):
        contact = person(created_at=NOW - timedelta(days=9))
        ended(contact, NOW, "won" if number < won else "lost")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("won", "lost", "words"),
    [
        (3, 2, "3 won leads and 2 lost or disqualified ones; at least 50 of each"),
        (4, 0, "4 won leads and 0 lost or disqualified ones. Without both kinds"),
    ],
)
def test_too_few_outcomes_are_refused_in_words(won: int, lost: int, words: str) -> None:
    few(won, lost)
    with pytest.raises(InvalidInput, match=words):
        actions.train(SYSTEM, line().pk)
    assert not Predictor.objects.exists()


@pytest.mark.django_db
def test_without_the_extra_the_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "missing", lambda: True)
    with pytest.raises(InvalidInput, match="make predict"):
        actions.train(SYSTEM, line().pk)
    Predictor.objects.create(line_id=line().pk)
    training.train(line().pk)
    assert "pip install" in queries.state(line().pk).why


def test_nothing_better_than_chance_is_not_used(db: None) -> None:
    reading = signal("read")
    for number in range(160):
        contact = person(created_at=NOW - timedelta(days=100))
        day = TODAY - timedelta(days=10 + number % 7)
        if number % 4 < 2:
            did(contact, reading, day - timedelta(days=3))
        at = datetime(day.year, day.month, day.day, 15, tzinfo=NOW.tzinfo)
        ended(contact, at, "won" if number % 2 else "lost")
    actions.train(SYSTEM, line().pk)
    training.train(line().pk)
    found = queries.state(line().pk)
    assert (found.row.state, found.model) == ("refused", None)
    assert "no better than chance" in found.why


def test_it_can_be_stopped_and_switched_off(history: tuple[Signal, Signal, Signal]) -> None:
    contact = opened(person(attributes={"level": "pro"}))
    model = ready()
    applying.apply(model.line_id, lambda _ids: None)
    actions.train(SYSTEM, line().pk)
    actions.stop(SYSTEM, line().pk)
    training.train(line().pk)
    assert queries.state(line().pk).row.state == "stopped"
    assert applying.in_use(line().pk) == model, "what was learnt before stays in use"
    actions.switch_off(SYSTEM, line().pk)
    applying.apply(model.line_id, lambda _ids: None)
    assert not Prediction.objects.filter(contact_id=contact).exists()
    assert queries.state(line().pk).versions[0].retired_why == {"code": "off"}
    assert Audit.objects.filter(action="predictor.switch").count() == 1


def test_what_rests_on_a_lost_signal_is_retired(history: tuple[Signal, Signal, Signal]) -> None:
    contact = opened(person(attributes={"level": "pro"}))
    model = ready()
    applying.apply(model.line_id, lambda _ids: None)
    Signal.objects.all().delete()
    applying.apply(model.line_id, lambda _ids: None)
    model.refresh_from_db()
    assert model.retired_why["code"] == "inputs"
    assert not Prediction.objects.filter(contact_id=contact).exists()


def test_new_outcomes_that_contradict_it_retire_it(
    history: tuple[Signal, Signal, Signal],
) -> None:
    model = ready()
    later = NOW + timedelta(days=40)
    for number in range(60):
        won = number % 2 == 0
        contact = person(
            attributes={"level": "home" if won else "pro"}, email=f"n{number}@x.example"
        )
        Standing.objects.filter(contact_id=contact).update(first_seen=NOW - timedelta(days=50))
        ended(contact, NOW + timedelta(days=10 + number % 9), "won" if won else "lost")
    why = applying.review(Predictor.objects.get(), model, later)
    assert why["code"] == "outcomes"
    assert why["n"] == 60


def test_drift_is_nothing_where_nothing_moved() -> None:
    assert applying.drift([10] * 10, [20] * 10) == pytest.approx(0, abs=0.01)
    assert applying.drift([90, 10, 0, 0, 0, 0, 0, 0, 0, 0], [0] * 9 + [100]) > 1


def test_two_rankings_are_compared_on_the_same_leads() -> None:
    won = [False, True] * 20
    good: Sequence[float] = [float(win) for win in won]
    gap, low, high = quality.difference(good, [0.0] * 40, won)
    assert (gap, low, high) == (0.5, 0.5, 0.5)
    gap, low, high = quality.difference(good, good, won)
    assert gap == low == high == 0


@pytest.mark.django_db
def test_who_may_not_write_scores_may_not_train() -> None:
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset({"scoring.read"}))
    for act in (actions.train, actions.stop, actions.switch_off):
        with pytest.raises(Forbidden):
            act(nobody, line().pk)


def test_the_extra_is_loaded_inside_functions_only() -> None:
    tree = ast.parse(Path(learn.__file__).read_text("utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {getattr(node, "module", None) or node.names[0].name for node in top}
    assert not {name for name in names if name.split(".")[0] in {"sklearn", "threadpoolctl"}}
