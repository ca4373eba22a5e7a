"""The demo company: whole, once, believable, and just what the engine would compute."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from trellis.accounts.models import User
from trellis.accounts.types import SYSTEM
from trellis.cli import demo
from trellis.core import clock, db
from trellis.events.models import Inbox, Signal
from trellis.journeys.models import Enrolment, Journey
from trellis.people.models import Contact
from trellis.pipeline.derive import derive
from trellis.scoring import calibrate
from trellis.scoring.models import CompanyScore, Score, ScoreDay, ScoreModel, ScoreRule
from trellis.segments.models import Segment

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def farina(django_db_setup, django_db_blocker):
    """The demo company, loaded once for all tests of this file and rolled back; the value is
    the time before it was loaded."""
    with django_db_blocker.unblock(), transaction.atomic():
        began = clock.now()
        assert demo.load()
        yield began
        transaction.set_rollback(True)


def count(sql, args=()):
    return db.fetch(sql, args)[0][0]


def test_it_is_loaded_once(farina):
    before = Contact.objects.count()
    assert demo.load() is False
    assert Contact.objects.count() == before == 20_000


def test_everything_lies_within_the_last_days_and_nothing_ahead_of_the_clock(farina):
    first, last = db.fetch("SELECT min(at), max(at) FROM event")[0]
    assert last <= clock.now()
    assert 100 <= (last - first).days <= 120


def test_people_of_five_languages_are_there_some_known_some_not(farina):
    locales = set(Contact.objects.values_list("locale", flat=True))
    assert locales == {"es", "ca", "en", "ru", "zh-Hans"}
    assert 6_000 < Contact.objects.filter(known=True).count() < 14_000


def test_the_engine_agrees_with_what_stands(farina):
    ids = list(
        Contact.objects.order_by("-contact_id").values_list("contact_id", flat=True)[:3000]
    )
    assert derive(ids, clock.now(), {}) == []


def test_nothing_is_broken_and_every_segment_has_members(farina):
    assert not Signal.objects.exclude(status="live").exists()
    assert dict(Segment.objects.exclude(status="live").values_list("key", "why")) == {}
    assert list(Segment.objects.filter(size=0).values_list("key", flat=True)) == []
    assert ScoreRule.objects.filter(model__default=True, active=True).count() == 12


def test_two_models_score_people_and_companies_and_have_a_history(farina):
    assert ScoreModel.objects.filter(active=True).count() == 2
    assert Score.objects.filter(score__gte=15).count() > 500
    assert CompanyScore.objects.filter(people__gte=2).exists()
    days = ScoreDay.objects.filter(model_id=ScoreModel.objects.get(default=True).pk)
    assert days.values("day").distinct().count() > 90


def test_won_and_lost_leads_are_enough_to_calibrate(farina):
    model = ScoreModel.objects.get(default=True)
    found = calibrate.calibrate(SYSTEM, model.pk, clock.now())
    assert found.why_not == ""
    assert min(found.won, found.lost) > 200
    assert found.auc > 0.55


def test_loading_starts_nothing(farina):
    assert not Inbox.objects.exists()


def test_whoever_entered_a_journey_left_it_or_is_in_it(farina):
    assert set(Journey.objects.values_list("key", "state")) == {
        ("master-class", "live"),
        ("master-class-help", "live"),
        ("welcome", "live"),
        ("abandoned-cart", "live"),
    }
    for journey in Journey.objects.all():
        entered, ended = db.fetch(
            "SELECT coalesce(sum(n) FILTER (WHERE outcome = 'entered'), 0),"
            " coalesce(sum(n) FILTER (WHERE outcome <> 'entered'), 0)"
            " FROM step_count JOIN journey_version v ON v.id = version_id"
            " WHERE step = '' AND v.journey_id = %s",
            [journey.pk],
        )[0]
        runs = Enrolment.objects.filter(journey_id=journey.pk)
        assert entered == runs.count() > 0
        assert entered - ended == runs.filter(live_key__isnull=False).count()


def test_who_waits_wakes_later_in_a_step_that_exists(farina):
    waiting = Enrolment.objects.filter(live_key__isnull=False)
    assert waiting.exists()
    assert not waiting.filter(wake_at__lte=farina).exists()
    assert set(waiting.values_list("step", flat=True)) <= {
        "pause",
        "think",
        "decide",
        "breathe",
        "cool-down",
        "answer",
    }


def test_nobody_was_written_to_after_unsubscribing(farina):
    assert not count(
        "SELECT count(*) FROM message m JOIN consent c ON c.contact_id = m.contact_id"
        " AND NOT c.given AND c.purpose = 'marketing' WHERE m.sent_at > c.at"
    )


def test_every_message_sent_stands_in_the_log(farina):
    sent = count("SELECT count(*) FROM message WHERE state = 'sent'")
    logged = count(
        "SELECT count(*) FROM event e JOIN event_name n ON n.id = e.name_id"
        " WHERE n.name = 'Message Sent'"
    )
    assert sent == logged > 10_000


def test_the_logins_work_and_are_of_every_role(farina):
    for email, password, role in demo.credentials():
        user = User.objects.get(email=email)
        assert user.check_password(password)
        assert user.role == role


def test_no_address_could_reach_anybody(farina):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM contact WHERE email <> ''"
            " AND email !~ '\\.example$|@example\\.(com|org)$'"
        )
        assert cursor.fetchone() == (0,)


def test_each_lead_stands_in_a_stage_of_its_own_line(farina):
    strays = (
        "SELECT count(*) FROM {table} t JOIN stage s ON s.id = t.{column}"
        " WHERE s.line_id <> t.line_id"
    )
    assert count(strays.format(table="lead", column="stage_id")) == 0
    assert count(strays.format(table="stage_move", column="to_stage_id")) == 0
    assert count("SELECT count(*) FROM lead WHERE outcome = 'won' AND value IS NULL") == 0
