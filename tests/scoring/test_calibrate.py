"""A model against won and lost leads: nothing of the outcome helps to foretell it."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world import NOW, did, person, score_rule, settle, signal
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Forbidden, InvalidInput
from trellis.events.models import Signal
from trellis.leads.models import Lead, Line, Stage, StageMove
from trellis.scoring import calibrate, drafts, fitting, past
from trellis.scoring.models import ScoreDay, ScoreModel, ScoreRule

TODAY = date(2026, 11, 23)


def default() -> ScoreModel:
    return ScoreModel.objects.get(default=True)


def ended(contact_id: int, at: datetime, outcome: str) -> None:
    """That a lead was won or lost."""
    line = Line.objects.get(default=True)
    stage = Stage.objects.get(line=line, key="customer" if outcome == "won" else "lead")
    StageMove.objects.create(
        contact_id=contact_id,
        move_id=contact_id,
        line_id=line.pk,
        to_stage_id=stage.pk,
        at=at,
        actor="test",
        how="hand",
        outcome=outcome,
    )
    Lead.objects.create(
        contact_id=contact_id,
        line_id=line.pk,
        stage_id=stage.pk,
        stage_since=at,
        outcome=outcome,
        closed_at=at,
        created_at=at,
        updated_at=at,
    )


@pytest.fixture
def history(db: None) -> tuple[Signal, Signal]:
    """Seventy won and ninety lost leads: who studied prices was mostly won, reading says
    nothing, and buying is done on the very day of the outcome."""
    prices, read, bought = signal("prices"), signal("read"), signal("bought")
    score_rule("interest", 5, name="Prices", signal_id=prices.pk, cap=5)
    score_rule("interest", 20, name="Read", signal_id=read.pk, cap=20)
    score_rule("engagement", 90, name="Bought", signal_id=bought.pk)
    for number in range(160):
        won = number < 70
        contact = person(created_at=NOW - timedelta(days=100))
        day = TODAY - timedelta(days=10 + number % 50)
        if number % 5 < (4 if won else 1):
            did(contact, prices, day - timedelta(days=3))
        if number % 2:
            did(contact, read, day - timedelta(days=5))
        if won:
            did(contact, bought, day)
        ended(
            contact,
            datetime(day.year, day.month, day.day, 15, tzinfo=NOW.tzinfo),
            "won" if won else "lost",
        )
    return prices, read


def test_the_day_of_the_outcome_tells_nothing(history: tuple[Signal, Signal]) -> None:
    found = calibrate.calibrate(SYSTEM, default().pk, NOW)
    assert (found.won, found.lost, found.why_not) == (70, 90, "")
    rules = {rule.name: rule for rule in found.rules}
    assert rules["Bought"].n == 0
    assert rules["Bought"].suggested is None
    assert rules["Prices"].lift > 1.5
    assert rules["Prices"].low > 0
    assert rules["Read"].low < 0 < rules["Read"].high


def test_suggested_weights_tell_better_and_go_into_a_draft(
    history: tuple[Signal, Signal],
) -> None:
    found = calibrate.calibrate(SYSTEM, default().pk, NOW)
    assert found.auc_suggested is not None
    assert found.auc < 0.7 < found.auc_suggested
    assert found.auc_low < found.auc < found.auc_high
    rules = {rule.name: rule for rule in found.rules}
    assert (rules["Prices"].sure, rules["Read"].sure) == (True, False)
    assert (rules["Prices"].suggested or 0) > 15
    edits = calibrate.apply(SYSTEM, default().pk, NOW, thresholds=True)
    assert {edit.kind for edit in edits} == {"changed", "settings"}
    assert ScoreRule.objects.get(name="Prices").points == 5
    _model, rows, _refs = drafts.shown(default())
    assert {row.name: row.points for row in rows}["Prices"] == rules["Prices"].suggested
    again = calibrate.calibrate(SYSTEM, default().pk, NOW)
    assert again.auc > found.auc


def test_deciles_and_thresholds_account_for_every_lead(history: tuple[Signal, Signal]) -> None:
    found = calibrate.calibrate(SYSTEM, default().pk, NOW)
    assert sum(decile.n for decile in found.deciles) == 160
    assert sum(decile.won for decile in found.deciles) == 70
    assert (found.cuts[0].n, found.cuts[0].won) == (160, 70)
    assert found.warm < found.hot
    assert found.roc[0] == 0.0 or found.roc[0] < 1
    assert found.roc[-1] == 1.0


def test_history_is_read_as_it_stood_the_day_before(history: tuple[Signal, Signal]) -> None:
    first = Lead.objects.filter(outcome="won").earliest("contact_id")
    day = (first.closed_at or NOW).date()
    for when, score in ((day - timedelta(days=1), 7), (day, 99)):
        ScoreDay.objects.create(
            contact_id=first.contact_id,
            model_id=default().pk,
            day=when,
            demographic=0,
            interest=score,
            engagement=0,
            score=score,
            temperature="cold",
        )
    outcomes = past.outcomes(Line.objects.get(default=True).pk)
    stood = past.stood(default().pk, outcomes)
    assert stood[first.contact_id] == 7
    assert sum(stood.values()) == 7
    found = calibrate.calibrate(SYSTEM, default().pk, NOW, calibrate.HISTORY)
    assert max(decile.high for decile in found.deciles) == 7


def test_who_bought_on_the_first_day_is_left_out(history: tuple[Signal, Signal]) -> None:
    ended(person(), NOW, "won")
    found = calibrate.calibrate(SYSTEM, default().pk, NOW)
    assert (found.won, found.sudden) == (70, 1)


@pytest.mark.django_db
def test_what_was_said_later_is_not_known_before() -> None:
    score_rule("demographic", 4, rule={"field": "attr.level", "op": "eq", "value": "pro"})
    score_rule("demographic", 8, rule={"field": "contact.city", "op": "eq", "value": "Girona"})
    at = NOW - timedelta(days=20)

    def someone(said: datetime) -> int:
        src = {"src": "form", "at": said.isoformat(), "basis": "consent", "how": "active"}
        return person(
            city="Girona",
            attributes={"level": "pro"},
            provenance={"level": src, "city": src},
        )

    from trellis.people.models import Attribute

    Attribute.objects.create(key="level", label="Level", type="text")
    early, late = someone(at - timedelta(days=2)), someone(at + timedelta(hours=1))
    ended(early, at, "won")
    ended(late, at, "won")
    settle(early, late)
    outcomes = past.outcomes(Line.objects.get(default=True).pk)
    from trellis.rules import registry
    from trellis.scoring import compute

    fields = registry.snapshot()
    spec, _ = compute.spec_of(default(), list(default().rules.all()), fields)
    before = past.recomputed(spec, outcomes, NOW, fields)
    assert {key: row.score for key, row in before.items()} == {early: 12, late: 0}


@pytest.mark.django_db
def test_too_few_outcomes_are_refused_in_words() -> None:
    contact = person(created_at=NOW - timedelta(days=9))
    ended(contact, NOW, "won")
    found = calibrate.calibrate(SYSTEM, default().pk, NOW)
    assert "1 won and 0 lost leads are too few" in found.why_not
    with pytest.raises(InvalidInput, match="too few"):
        calibrate.apply(SYSTEM, default().pk, NOW)
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset())
    with pytest.raises(Forbidden):
        calibrate.calibrate(nobody, default().pk, NOW)


def test_auc_counts_pairs() -> None:
    assert fitting.auc([1, 2, 3, 4], [False, False, True, True]) == 1.0
    assert fitting.auc([1, 1, 1, 1], [False, True, False, True]) == 0.5
    assert fitting.auc([4, 3, 2, 1], [False, False, True, True]) == 0.0


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    won = [score for score, win in rows if win]
    lost = [score for score, win in rows if not win]
    if not won or not lost:
        return
    right = sum((a > b) + 0.5 * (a == b) for a in won for b in lost)
    area = fitting.auc([score for score, _ in rows], [win for _, win in rows])
    assert math.isclose(area, right / (len(won) * len(lost)))


def test_a_logistic_fit_finds_the_weights_that_made_the_data() -> None:
    rng = random.Random(1)
    rows, won = [], []
    for _ in range(4000):
        row = [(place, 1.0) for place in range(3) if rng.random() < 0.5]
        z = -0.5 + sum((1.5, -1.0, 0.0)[place] for place, _ in row)
        rows.append(row)
        won.append(rng.random() < fitting.sigmoid(z))
    fit = fitting.logistic(rows, won, 3)
    for found, made in zip(fit.weights, (1.5, -1.0, 0.0), strict=True):
        assert abs(found - made) < 0.3
    assert all(0.05 < error < 0.1 for error in fit.errors)
