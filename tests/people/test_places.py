"""Country and city by the network address: off until it may be, and never kept longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tests.pipeline.facts import NOW, email, identify, page, run
from trellis.config.env import Env, SettingError
from trellis.people import consent, places
from trellis.people.consent import Said
from trellis.people.models import Contact
from trellis.tracking.types import Parsed
from trellis.web.public.collector import _locate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small file: one network in Girona."""
    writer = MMDBWriter(4, "Test-City", languages=["en"])
    girona = {"country": {"iso_code": "ES"}, "city": {"names": {"en": "Girona"}}}
    writer.insert_network(IPSet(["81.2.69.0/24"]), girona)
    path = tmp_path / "places.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def switched_on(file: Path, settings: Any) -> Any:
    settings.TRELLIS_PLACES = str(file)
    settings.TRELLIS_PLACES_BASIS = "legitimate_interest"
    return settings


def visit(address: str, *ids: tuple[str, str]) -> Any:
    """A page view as the collector hands it on."""
    fact = page("/", *ids)
    _locate(Parsed(facts=[fact], refused=[], notes=[]), address)
    return fact


def test_nobody_is_located_until_it_is_switched_on() -> None:
    assert visit("81.2.69.7", email("a@x.io")).props == {"path": "/"}


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "::1", "81.2.70.1", "nonsense", ""]
)
def test_addresses_that_tell_nothing_add_nothing(address: str, switched_on: Any) -> None:
    assert places.locate(address) == {}


@pytest.mark.django_db
def test_a_place_fills_what_was_not_said_and_the_address_is_gone(switched_on: Any) -> None:
    fact = visit("81.2.69.7", email("a@x.io"))
    assert fact.props == {"path": "/", "place_country": "ES", "place_city": "Girona"}
    run(identify(email("a@x.io"), city="Vic"), fact)
    contact = Contact.objects.get()
    assert (contact.country, contact.city) == ("ES", "Vic")
    said = contact.provenance["country"]
    assert (said["src"], said["basis"], said["how"]) == ("ip", "legitimate_interest", "passive")


@pytest.mark.django_db
@pytest.mark.parametrize(("agreed", "country"), [(True, "ES"), (False, "")])
def test_on_consent_only_those_who_agreed(agreed: bool, country: str, switched_on: Any) -> None:
    switched_on.TRELLIS_PLACES_BASIS = "consent"
    run(identify(email("a@x.io")))
    number = Contact.objects.get().contact_id
    consent.record([Said(number, "tracking", "*", agreed, NOW, "banner")])
    run(visit("81.2.69.7", email("a@x.io")))
    assert Contact.objects.get().country == country


def test_a_file_without_a_legal_basis_stops_the_start(file: Path) -> None:
    with pytest.raises(SettingError, match="TRELLIS_PLACES_BASIS"):
        Env({"TRELLIS_PLACES": str(file)}).places()
    with pytest.raises(SettingError, match="no file"):
        Env({"TRELLIS_PLACES": "/nowhere", "TRELLIS_PLACES_BASIS": "consent"}).places()
    assert Env({}).places() == ("", "")
