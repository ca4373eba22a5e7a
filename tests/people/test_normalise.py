"""Identities in one form."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from trellis.people import dialling, normal
from trellis.people.normal import normalise, normalise_email, normalise_phone, strength


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  Ana.Puig@Example.COM ", "ana.puig@example.com"),
        ("josé@exämple.com", "josé@exämple.com"),
        ("x+tag@sub.example.co.uk", "x+tag@sub.example.co.uk"),
        ("Ana@XN--BCKEREI-5WA.example", "ana@bäckerei.example"),
        ("ana@xn--zzzzzzz999.example", "ana@xn--zzzzzzz999.example"),
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


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_short_cut_for_phones_agrees_with_the_library(region: str) -> None:
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.UNKNOWN):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        code = f"+{number.country_code}"
        shapes = [written, e164, e164[:-1], e164 + "1", code + "0" + e164[len(code) :]]
        for shape in shapes:
            found = dialling.plain(shape)
            if found is not None:
                parsed = phonenumbers.parse(shape, None)
                assert phonenumbers.is_possible_number(parsed)
                assert found == phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


@pytest.mark.parametrize("text", ["+34 612 345 678", "+86 138-1234-5678", "+1 (650) 253.0000"])
def test_a_plain_international_number_takes_the_short_cut(text: str) -> None:
    assert dialling.plain(text) == normal.normalise_phone(text)


@pytest.mark.parametrize("text", ["+44 (0)20 7946 0958", "612345678", "+999 1234567", "+34 1"])
def test_what_is_special_is_left_to_the_library(text: str) -> None:
    assert dialling.plain(text) is None
