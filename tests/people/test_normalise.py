"""Identities in one form."""

from __future__ import annotations

import pytest

from trellis.people.normal import normalise, normalise_email, normalise_phone, strength


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  Ana.Puig@Example.COM ", "ana.puig@example.com"),
        ("josé@exämple.com", "josé@exämple.com"),
        ("x+tag@sub.example.co.uk", "x+tag@sub.example.co.uk"),
        ("no-at-sign.example.com", None),
        ("two@@example.com", None),
        ("a@localhost", None),
        ("a b@example.com", None),
        ("", None),
        ("a@" + "b" * 260 + ".com", None),
    ],
)
def test_an_email_is_lower_case_nfc_and_nothing_else(given: str, expected: str | None) -> None:
    assert normalise_email(given) == expected


def test_a_decomposed_accent_equals_the_composed_one() -> None:
    assert normalise_email("jose\u0301@example.com") == normalise_email("jos\u00e9@example.com")


@pytest.mark.parametrize(
    ("given", "region", "expected"),
    [
        ("+34 600 11 12 22", None, "+34600111222"),
        ("0034600111222", None, "+34600111222"),
        ("600 111 222", "ES", "+34600111222"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("600 111 222", None, None),
        ("12", "ES", None),
        ("call me", "ES", None),
        ("", None, None),
    ],
)
def test_a_phone_is_e164_or_none(given: str, region: str | None, expected: str | None) -> None:
    assert normalise_phone(given, region) == expected


def test_other_identities_are_trimmed_and_keep_their_case() -> None:
    assert normalise("wechat_openid", " oAbC ") == "oAbC"
    assert normalise("user_id", "   ") is None
    assert normalise("user_id", "x" * 513) is None


def test_a_user_id_is_stronger_than_an_email_and_a_device_is_weakest() -> None:
    kinds = ["anonymous_id", "telegram", "phone", "email", "user_id"]
    assert sorted(kinds, key=strength) == [
        "user_id",
        "email",
        "phone",
        "telegram",
        "anonymous_id",
    ]
