"""N15: text in Chinese, Russian, Catalan, Spanish and English works everywhere."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.acceptance.farina import Farina, all_of, event
from tests.web import cast
from trellis.segments.models import Segment

NAMES = {
    "zh": ("李小华", "小华", "北京"),
    "ru": ("Наталья Белых", "бЕлых", "Москва"),
    "ca": ("Núria Gràcia", "grÀc", "Sant Cugat del Vallès"),
    "es": ("Íñigo Núñez", "ñigo", "A Coruña"),
    "en": ("Zoë O’Neill", "neill", "London"),
}
"""First name, a part of it as somebody would type it, and a city."""


@pytest.fixture
def five(bare: Farina) -> Farina:
    """A person of each language, who wrote something in it."""
    for user, (name, _part, city) in NAMES.items():
        bare.identify(user, email=f"{user}@mail.example", first_name=name, city=city)
        bare.track(user, "Question Asked", text=f"{city}: 留学? Учёба? Què val? ¿Cuánto?")
    bare.settle()
    return bare


@pytest.mark.parametrize("language", NAMES)
def test_n15_a_part_of_a_name_finds_the_person(five: Farina, language: str) -> None:
    _name, part, _city = NAMES[language]
    assert [row.email for row in five.people(part)] == [f"{language}@mail.example"]


def test_n15_one_chinese_letter_within_a_name_finds_the_person(five: Farina) -> None:
    assert [row.email for row in five.people("华")] == ["zh@mail.example"]
    assert five.people("北") == []


def test_n15_rules_compare_cities_of_every_script_whatever_their_case(five: Farina) -> None:
    cities = [city.upper() for _name, _part, city in NAMES.values()]
    rule = all_of({"field": "contact.city", "op": "in", "value": cities})
    assert five.post("/rules/preview", rule=rule).n == len(NAMES)


@pytest.mark.parametrize("word", ["留学", "УЧЁБА", "què", "¿cuánto"])
def test_n15_a_keyword_of_any_script_makes_a_segment(five: Farina, word: str) -> None:
    text = {"field": "prop.text", "op": "contains", "value": word}
    asked = {**event("Question Asked"), "filter": all_of(text)}
    rule = all_of({"event": asked, "op": "did"})
    five.post("/segments", key="asked", name=f"问过 {word}", rule=rule)
    five.settle()
    assert len(five.members("asked")) == len(NAMES)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("北京的老客户", "bei-jing-de-lao-ke-hu"),
        ("Новые лиды", "novye-lidy"),
        ("Fidelització", "fidelitzacio"),
    ],
)
@pytest.mark.django_db
def test_n15_a_segment_gets_a_key_out_of_its_name(client: Client, name: str, key: str) -> None:
    cast.sign_in(client)
    rule = all_of({"field": "contact.known", "op": "eq", "value": True})
    posted = {"name": name, "rule": json.dumps(rule)}
    assert client.post("/segments/new/", posted).status_code == 302
    assert Segment.objects.get(key=key).name == name
