"""Identities in one form, so that equal people compare equal.

Every entrance normalises before it states a fact; look-ups normalise the same way.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from trellis.people import dialling

USER_ID = "user_id"
EMAIL = "email"
PHONE = "phone"
DEVICE = "anonymous_id"

STRENGTH = {USER_ID: 0, EMAIL: 1, PHONE: 2, DEVICE: 9}
"""How far to trust a kind: the lowest number decides whom a fact belongs to."""
OTHER_STRENGTH = 5
"""The place of every other external identity (WeChat, Telegram, CRM …)."""

MAX_VALUE = 512
"""Longest identity value in characters; longer ones are not identities."""

_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\s@.<>()\[\],;:\\\"/]{1,63}\.)+[^\s@.\d]{2,63}"
)


def strength(kind: str) -> int:
    """The rank of an identity kind, strongest first."""
    return STRENGTH.get(kind, OTHER_STRENGTH)


@lru_cache(maxsize=16_384)
def normalise_email(value: str) -> str | None:
    """The address in NFC and lower case without surrounding blanks, its domain as people
    write it (``xn--bckerei-5wa.de`` is ``bäckerei.de``); None if it is none."""
    address = unicodedata.normalize("NFC", value.strip()).lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        return None
    name, _, domain = address.rpartition("@")
    return f"{name}@{readable(domain)}" if "xn--" in domain else address


def readable(domain: str) -> str:
    """A domain in the letters people write it in; as it is where it cannot be read so."""
    if "xn--" not in domain:
        return domain
    try:
        return unicodedata.normalize("NFC", domain.encode().decode("idna")).lower()
    except UnicodeError:
        return domain


@lru_cache(maxsize=16_384)
def normalise_phone(value: str, region: str | None = None) -> str | None:
    """The number in E.164 (``+34600111222``); None if it cannot be one.

    ``region`` is the ISO country that national numbers belong to; without it only numbers
    that begin with + or 00 are understood.
    """
    text = value.strip()
    if text.startswith("00"):
        text = "+" + text[2:]
    if len(text) > 40 or (region is None and not text.startswith("+")):
        return None
    if found := dialling.plain(text):
        return found
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise(kind: str, value: str, region: str | None = None) -> str | None:
    """The normal form of an identity of ``kind``; None where the value is not one."""
    if kind == EMAIL:
        return normalise_email(value)
    if kind == PHONE:
        return normalise_phone(value, region)
    text = value.strip()
    if not text or len(text) > MAX_VALUE or "\x00" in text:
        return None
    return text
