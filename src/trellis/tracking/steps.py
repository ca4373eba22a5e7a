"""The steps one item goes through, in order. Read ``STEPS`` first.

A ``put_*`` step adds to the draft, a ``drop_*`` step may refuse it with a reason.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from trellis.core.ids import new_message_id
from trellis.events.types import ALIAS, GROUP, IDENTIFY, PAGE, SCREEN, STANDARD_NAMES, TRACK
from trellis.people import normal
from trellis.tracking import clean, page, profile, times
from trellis.tracking.consent import read_consent
from trellis.tracking.draft import Draft, Step
from trellis.tracking.types import (
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    MAX_NAME,
    NO_STAMP,
    OLDEST,
    WEB_LIBRARIES,
    Call,
    Note,
    Reason,
)
from trellis.tracking.visitors import judge_bot, put_arrival, put_crowd, put_told

CALLS = frozenset({IDENTIFY, TRACK, PAGE, SCREEN, GROUP, ALIAS})

JUNK = frozenset(
    {
        *("0", "-1", "-", "{}", "[]", "[object object]", "n/a", "nan", "nil", "none", "null"),
        *("true", "false", "undefined", "unknown", "anonymous", "guest", "not_authenticated"),
        *("id", "user", "userid", "user_id", "email", "distinct_id", "distinctid"),
        "00000000-0000-0000-0000-000000000000",
    }
)
"""What programs send by mistake in place of an id. Taken at its word, it would join
thousands of strangers into one contact."""

RESERVED_KINDS = frozenset({normal.USER_ID, normal.EMAIL, normal.PHONE, normal.DEVICE})
_MAX_EXTERNAL = 10
_FUTURE = 60.0
_EMPTY: dict[str, Any] = {}
_decoder = msgspec.json.Decoder(Call)


def drop_too_large(draft: Draft) -> Reason | None:
    """The spec's limit for one event."""
    return Reason.TOO_LARGE if len(draft.raw) > MAX_EVENT_BYTES else None


def drop_unreadable(draft: Draft) -> Reason | None:
    """Read the JSON: strictly where that works, leniently where text is broken."""
    try:
        draft.call = _decoder.decode(draft.raw)
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    except RecursionError:
        return Reason.TOO_DEEP
    except msgspec.DecodeError:
        return _read_leniently(draft)
    return None


def _read_leniently(draft: Draft) -> Reason | None:
    try:
        draft.call = msgspec.convert(clean.lenient(draft.raw), Call)
    except RecursionError:
        return Reason.TOO_DEEP
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    except msgspec.ValidationError:
        return Reason.WRONG_TYPE if draft.raw.lstrip()[:1] == b"{" else Reason.NOT_AN_OBJECT
    except ValueError:
        return Reason.NOT_JSON
    draft.notes.append(Note.CLEANED_TEXT)
    return None


def drop_too_deep(draft: Draft) -> Reason | None:
    """Nesting costs every later reader; nobody needs more than ``MAX_DEPTH``."""
    if not clean.may_nest_deeper(draft.raw, MAX_DEPTH):
        return None
    call = draft.call
    for value in (call.traits, call.properties, call.context):
        if value is not None and clean.depth(value, MAX_DEPTH) >= MAX_DEPTH:
            return Reason.TOO_DEEP
    return None


def put_clean_text(draft: Draft) -> Reason | None:
    """Replace what the database cannot hold."""
    if clean.may_be_odd(draft.raw):
        plain = msgspec.to_builtins(draft.call)
        draft.call = msgspec.convert(clean.anything(plain), Call)
    return None


def put_type(draft: Draft) -> Reason | None:
    """Which call it is: the endpoint's, or in a batch the item's own."""
    call, endpoint = draft.call, draft.arrival.call
    said = call.type.strip().lower() if call.type is not None else ""
    draft.type = said if endpoint == "batch" else endpoint
    return None if draft.type in CALLS else Reason.UNKNOWN_CALL


def put_context(draft: Draft) -> Reason | None:
    """The call's context over the batch's; where it came from."""
    if draft.call.context:
        draft.context = {**draft.context, **draft.call.context}
    library = draft.context.get("library")
    name = library.get("name") if isinstance(library, dict) else None
    if isinstance(name, str) and name in WEB_LIBRARIES:
        draft.origin = "t.js"
    return None


def put_name(draft: Draft) -> Reason | None:
    """A track call's event; other calls have their standard name in the log."""
    if draft.type != TRACK:
        draft.name = STANDARD_NAMES[draft.type]
        return None
    draft.name = (draft.call.event or "").strip()
    if not draft.name:
        return Reason.NO_EVENT_NAME
    return Reason.NAME_TOO_LONG if len(draft.name) > MAX_NAME else None


def put_props(draft: Draft) -> Reason | None:
    """Properties, then the kept part of the context under standard keys."""
    call, props, context = draft.call, draft.props, draft.context
    if call.properties:
        props.update(call.properties)
        clean.numbers(props)
    if draft.type in (PAGE, SCREEN):
        if call.name:
            props.setdefault("name", call.name)
        if call.category:
            props.setdefault("category", call.category)
    if context:
        page.put_page(props, context)
        page.put_client(props, context)
    page.put_campaign(props, context)
    return None


def put_traits(draft: Draft) -> Reason | None:
    """Traits of the person, from identify and from ``context.traits`` of any call."""
    call = draft.call
    about = draft.context.get("traits")
    given = dict(about) if isinstance(about, dict) else {}
    if draft.type == GROUP:
        draft.props.update(call.traits or _EMPTY)
    elif call.traits:
        given.update(call.traits)
    if given:
        draft.traits = profile.traits(given)
        clean.numbers(draft.traits)
    if draft.type == IDENTIFY:
        _put_locale(draft)
    return None


def _put_locale(draft: Draft) -> None:
    for key, field in (("locale", "locale"), ("timezone", "time_zone")):
        value = draft.context.get(key)
        if isinstance(value, str) and value:
            draft.traits.setdefault(field, profile.field_text(value))


def put_ids(draft: Draft) -> Reason | None:
    """Who it is about, strongest identity first."""
    call = draft.call
    found: list[tuple[str, str]] = []
    user = _id(draft, call.user_id)
    if user:
        found.append((normal.USER_ID, user))
    _put_addresses(draft, found, user)
    found.extend(_external(draft))
    device = _id(draft, call.anonymous_id)
    if device:
        found.append((normal.DEVICE, device))
    draft.ids = tuple(dict.fromkeys(found))
    return None


def _put_addresses(draft: Draft, found: list[tuple[str, str]], user: str) -> None:
    traits = draft.traits
    email = phone = ""
    if "email" in traits:
        email, bad = profile.take_email(traits)
        if bad:
            draft.notes.append(Note.BAD_EMAIL)
            draft.props.setdefault("invalid_email", bad)
    if not email and "@" in user:
        email = normal.normalise_email(user) or ""
    if "phone" in traits:
        phone, bad = profile.take_phone(traits, str(draft.context.get("locale") or ""))
        if bad:
            draft.notes.append(Note.BAD_PHONE)
            draft.props.setdefault("invalid_phone", bad)
    if email:
        found.append((normal.EMAIL, email))
    if phone:
        found.append((normal.PHONE, phone))


def _external(draft: Draft) -> list[tuple[str, str]]:
    given = draft.context.get("externalIds")
    found: list[tuple[str, str]] = []
    for item in given[:_MAX_EXTERNAL] if isinstance(given, list) else ():
        kind = item.get("type") if isinstance(item, dict) else None
        if not isinstance(kind, str) or not kind.isidentifier() or kind in RESERVED_KINDS:
            continue
        value = _id(draft, item.get("id"))
        if value and len(kind) <= profile.MAX_KEY:
            found.append((kind, value))
    return found


def _id(draft: Draft, value: Any) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    said = str(value)
    if not said.strip():
        return ""
    found = normal.normalise(normal.USER_ID, said)
    if found is None or found.lower() in JUNK:
        draft.notes.append(Note.JUNK_ID)
        return ""
    return found


def drop_nobody(draft: Draft) -> Reason | None:
    """A fact is about somebody."""
    return None if draft.ids else Reason.NO_IDENTITY


def put_group(draft: Draft) -> Reason | None:
    """A group call names the group, which is the company of the person."""
    if draft.type != GROUP:
        return None
    group = _id(draft, draft.call.group_id)
    draft.props["group_id"] = group
    draft.traits["company"] = {**(draft.call.traits or _EMPTY), "id": group}
    return None if group else Reason.NO_GROUP


def put_previous(draft: Draft) -> Reason | None:
    """An alias call names the identity it joins: an email, or else a device."""
    if draft.type != ALIAS:
        return None
    value = _id(draft, draft.call.previous_id)
    if not value:
        return Reason.NO_PREVIOUS
    email = normal.normalise_email(value) if "@" in value else None
    draft.previous = (normal.EMAIL, email) if email else (normal.DEVICE, value)
    return None


def put_time(draft: Draft) -> Reason | None:
    """When it happened by our clock, and the client's own stamp for de-duplication."""
    call, received = draft.call, draft.arrival.received
    said = call.original_timestamp or call.timestamp
    if said is None or said == "":
        return None
    try:
        client = times.seconds(said)
    except (ValueError, OverflowError):
        return Reason.BAD_TIMESTAMP
    draft.at = times.corrected(client, _sent(draft), received)
    draft.stamp = int(client * 1000) or NO_STAMP
    if client - received > _FUTURE and draft.at == received:
        draft.notes.append(Note.FUTURE_TIME)
    return Reason.TOO_OLD if draft.at < OLDEST else None


def _sent(draft: Draft) -> float | None:
    sent = draft.call.sent_at or draft.sent
    if sent is None or sent == "":
        return None
    try:
        return times.seconds(sent)
    except (ValueError, OverflowError, TypeError):
        draft.notes.append(Note.BAD_SENT_AT)
        return None


def put_message_id(draft: Draft) -> Reason | None:
    """The client's id; without one, a digest of what has a time of its own, else a new id."""
    said = draft.call.message_id
    if said is not None and said != "":
        draft.message_id = str(said)
        return None
    draft.notes.append(Note.NO_MESSAGE_ID)
    if draft.stamp != NO_STAMP:
        draft.message_id = "sha-" + blake2b(draft.raw, digest_size=16).hexdigest()
    else:
        draft.message_id = new_message_id()
    return None


def put_consent(draft: Draft) -> Reason | None:
    """Consents with their wording."""
    if "consent" in draft.context:
        draft.consent = read_consent(draft.context, draft.origin)
    return None


STEPS: tuple[Step, ...] = (
    drop_too_large,
    drop_unreadable,
    drop_too_deep,
    put_clean_text,
    put_type,
    put_context,
    put_name,
    put_props,
    put_traits,
    put_ids,
    put_crowd,
    drop_nobody,
    put_group,
    put_previous,
    put_time,
    put_message_id,
    put_consent,
    put_told,
    put_arrival,
    judge_bot,
)
"""Every item goes through these, in this order, until one refuses it."""
