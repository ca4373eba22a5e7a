"""Phone check: what a number tells without calling it."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext_lazy
from phonenumbers import PhoneNumberType

from trellis.enrichment.types import Answer, Defined, Kind, Question, Settings

_KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile or fixed",
    PhoneNumberType.VOIP: "internet",
    PhoneNumberType.TOLL_FREE: "free of charge",
    PhoneNumberType.PREMIUM_RATE: "premium",
}
OTHER, INVALID = "other", "not in use"


class PhoneCheck(Settings, frozen=True):
    """No settings."""


def check(settings: PhoneCheck) -> str:
    """Nothing can be wrong with them."""
    del settings
    return ""


def ask(settings: PhoneCheck, question: Question) -> Answer:
    """The kind of the number, and the country it belongs to."""
    del settings
    try:
        number = phonenumbers.parse(str(question.person.values.get("phone") or ""), None)
    except phonenumbers.NumberParseException:
        return Answer(traits={"phone_kind": INVALID})
    if not phonenumbers.is_valid_number(number):
        return Answer(traits={"phone_kind": INVALID})
    kind = _KINDS.get(phonenumbers.number_type(number), OTHER)
    region = phonenumbers.region_code_for_number(number)
    traits = {"phone_kind": kind}
    return Answer(traits={**traits, "phone_region": region} if region else traits)


KIND = Kind(
    key="phone_check",
    label=gettext_lazy("Phone check"),
    about=gettext_lazy(
        "Says whether a number can be in use, whether it is a mobile, and of which country."
        " Nothing leaves this machine."
    ),
    settings=PhoneCheck,
    ask=ask,
    check=check,
    needs=("phone",),
    fills=(
        Defined(
            key="phone_kind",
            label="Kind of phone",
            type="choice",
            options=(*_KINDS.values(), OTHER, INVALID),
        ),
        Defined(key="phone_region", label="Country of the phone", type="text"),
    ),
)
