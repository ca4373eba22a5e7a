"""Codes, dates and lengths of time as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from trellis.web.staff import names
from trellis.web.staff.lead_words import length
from trellis.web.staff.valued import valued


@pytest.mark.parametrize(
    ("reader", "country", "language"),
    [
        ("en", "Spain", "Russian"),
        ("es", "España", "ruso"),
        ("ca", "Espanya", "rus"),
        ("ru", "Испания", "русский"),
        ("zh-hans", "西班牙", "俄语"),
    ],
)
def test_countries_and_languages_are_named(reader: str, country: str, language: str) -> None:
    with translation.override(reader):
        assert (names.country("es"), names.language("ru")) == (country, language)


def test_what_is_no_code_stays_as_it_is() -> None:
    assert (names.country("Narnia"), names.language("•••")) == ("Narnia", "•••")


def test_values_of_a_profile_are_said_as_people_say_them() -> None:
    stored = {"birthday": "1990-04-23", "country": "CN", "locale": "zh-Hans", "code": "19-04"}
    with translation.override("en"):
        said = {row.key: row.value for row in valued(stored, {}, {})}
    assert said == {
        "birthday": "April 23, 1990",
        "country": "China",
        "locale": "Chinese (Simplified)",
        "code": "19-04",
    }


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=40), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=30), "1 day"),
    ],
)
def test_a_length_of_time_is_said_in_the_largest_unit_that_fits(
    span: timedelta, said: str
) -> None:
    with translation.override("en"):
        assert length(span) == said
