"""Linking contacts into one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.apps import apps

from trellis.events.models import SignalDaily
from trellis.journeys.models import Enrolment
from trellis.leads.models import Lead
from trellis.people.merge import merge
from trellis.people.models import Contact, ContactIdentity, Identity, Merge, Standing
from trellis.people.registry import contact_tables
from trellis.people.resolve import resolve
from trellis.people.types import Claim, Merged
from trellis.segments.models import Membership

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
T = NOW.timestamp()

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[int, int]:
    """(winner, loser): a known contact and a visitor seen an hour before."""
    done = resolve(
        [Claim(T, (("email", "a@x.io"),)), Claim(T - 3600, (("anonymous_id", "d"),))], NOW
    )
    return done.contact_ids[0], done.contact_ids[1]


def link(pair: tuple[int, int]) -> None:
    merge([Merged(*pair, "device")], NOW)


def test_every_table_with_a_contact_is_registered() -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_models()
        if any(f.attname == "contact_id" for f in model._meta.concrete_fields)
    }
    assert tables - contact_tables.keys() == set()


def test_a_loser_stays_as_a_link_and_its_identities_move(pair: tuple[int, int]) -> None:
    link(pair)
    winner, loser = pair
    assert Contact.objects.get(contact_id=loser).merged_into == winner
    assert Identity.objects.get(kind="anonymous_id").contact_id == winner
    assert set(ContactIdentity.objects.values_list("contact_id", "kind")) == {
        (winner, "email"),
        (winner, "anonymous_id"),
    }


def test_the_winner_was_seen_when_the_loser_was(pair: tuple[int, int]) -> None:
    link(pair)
    standing = Standing.objects.get()
    assert standing.contact_id == pair[0]
    assert standing.first_seen.timestamp() == T - 3600


def test_signals_are_added_up(pair: tuple[int, int]) -> None:
    day = date(2026, 3, 1)
    for number, n in zip(pair, (2, 3), strict=True):
        SignalDaily.objects.create(
            contact_id=number, signal_id=1, day=day, n=n, sum=n, first_at=NOW, last_at=NOW
        )
    SignalDaily.objects.create(
        contact_id=pair[1], signal_id=2, day=day, n=7, sum=0, first_at=NOW, last_at=NOW
    )
    link(pair)
    rows = SignalDaily.objects.values_list("contact_id", "signal_id", "n", "sum")
    assert set(rows) == {(pair[0], 1, 5, 5.0), (pair[0], 2, 7, 0.0)}


def test_the_winner_keeps_its_own_memberships_and_takes_the_ones_it_lacks(
    pair: tuple[int, int],
) -> None:
    for number, segment in ((pair[0], 1), (pair[1], 1), (pair[1], 2)):
        Membership.objects.create(contact_id=number, segment_id=segment, since=NOW)
    link(pair)
    rows = set(Membership.objects.values_list("contact_id", "segment_id"))
    assert rows == {(pair[0], 1), (pair[0], 2)}
    kept = Merge.objects.get().kept["membership"]
    assert kept["moved"] == [[2]]
    assert [row["segment_id"] for row in kept["rows"]] == [1]


def test_there_is_never_a_second_live_lead(pair: tuple[int, int]) -> None:
    for number, stage in zip(pair, (2, 1), strict=True):
        Lead.objects.create(
            contact_id=number, line_id=1, stage_id=stage, stage_since=NOW,
            created_at=NOW, updated_at=NOW,
        )  # fmt: skip
    link(pair)
    assert list(Lead.objects.values_list("contact_id", "stage_id")) == [(pair[0], 2)]


def test_runs_move_wake_for_the_engine_to_settle_and_follow_the_slot(
    pair: tuple[int, int],
) -> None:
    for number, enrolment, journey in (
        (pair[0], 1, 5),
        (pair[1], 2, 5),
        (pair[1], 3, 6),
    ):
        Enrolment.objects.create(
            contact_id=number, enrolment_id=enrolment, journey_id=journey, version_id=1,
            live_key=journey, state="waiting", step="a", slot=number % 64, wake_at=NOW,
            entered_at=NOW, step_since=NOW, entry={},
        )  # fmt: skip
    link(pair)
    rows = Enrolment.objects.order_by("enrolment_id").values_list(
        "contact_id", "enrolment_id", "state", "live_key", "slot"
    )
    winner, slot = pair[0], pair[0] % 64
    assert list(rows) == [
        (winner, 1, "waiting", 5, slot),
        (winner, 2, "waiting", -2, slot),
        (winner, 3, "waiting", -3, slot),
    ]


def test_two_losers_of_one_winner_are_added_up() -> None:
    done = resolve([Claim(T, ((kind, "v"),)) for kind in ("email", "crm", "phone")], NOW)
    for number in done.contact_ids:
        SignalDaily.objects.create(
            contact_id=number, signal_id=1, day=date(2026, 3, 1), n=1, sum=0,
            first_at=NOW, last_at=NOW,
        )  # fmt: skip
    one, two, three = done.contact_ids
    merge([Merged(one, two, "user_id"), Merged(one, three, "user_id")], NOW)
    assert SignalDaily.objects.get().n == 3
