"""Steps that judge who is behind an item: one of a crowd, somebody who told, or a robot."""

from __future__ import annotations

from trellis.core.errors import InvalidInput
from trellis.events.types import IDENTIFY, PAGE, SCREEN, TRACK
from trellis.messaging import tokens
from trellis.people import normal
from trellis.tracking import bots
from trellis.tracking.crowds import crowd_of
from trellis.tracking.draft import Draft
from trellis.tracking.types import Note, Reason

_ACTS = frozenset({TRACK, PAGE, SCREEN})
_MAX_TOLD = 20
_MAX_TOKEN = 400


def put_crowd(draft: Draft) -> Reason | None:
    """Who has not agreed to be known, and told nobody who they are, is one of a crowd."""
    if draft.ids or draft.context.get("cookieless") is not True or draft.type not in _ACTS:
        return None
    arrival = draft.arrival
    day = int(arrival.received // 86_400)
    name = crowd_of(day, arrival.key_id, arrival.network, arrival.user_agent)
    draft.ids = ((normal.DEVICE, name),)
    return None


def put_told(draft: Draft) -> Reason | None:
    """What an identify call told, by name only: the log keeps it, the profile the values."""
    if draft.type != IDENTIFY:
        return None
    named = [kind for kind, _ in draft.ids if kind != normal.DEVICE]
    draft.props["told"] = sorted({*named, *draft.traits})[:_MAX_TOLD]
    if draft.consent:
        draft.props["consent"] = {item["purpose"]: item["given"] for item in draft.consent}
    return None


def put_arrival(draft: Draft) -> Reason | None:
    """Whose message led the visitor here, where the key ties clicks to devices. Who says who
    they are is that person, whoever was written to."""
    token = draft.context.get("arrival")
    if not isinstance(token, str) or draft.origin != "t.js" or not draft.arrival.options.sites:
        return None
    if any(kind != normal.DEVICE for kind, _ in draft.ids):
        return None
    try:
        found = tokens.read_arrival(token[:_MAX_TOKEN], draft.arrival.received)
    except InvalidInput:
        draft.notes.append(Note.BAD_ARRIVAL)
        return None
    if found is None:
        draft.notes.append(Note.OLD_ARRIVAL)
        return None
    draft.came_by = (found.contact_id, found.message_id)
    draft.props.update(message_id=found.message_id, template=found.template)
    return None


def judge_bot(draft: Draft) -> Reason | None:
    """Refuse what no person did; mark it where the key keeps it, or where somebody who is
    known is behind it (a shop's server may speak for a customer)."""
    arrival, props = draft.arrival, draft.props
    agent = props.get("user_agent")
    if agent is None and draft.origin == "t.js" and arrival.user_agent:
        agent = arrival.user_agent
        if "cookieless" not in props:
            props["user_agent"] = agent
    said = agent if isinstance(agent, str) else ""
    automated = draft.context.get("automated") is True
    if not said and not automated and not arrival.prefetch:
        return None
    reason = bots.verdict(said, automated=automated, prefetch=arrival.prefetch)
    if reason is None:
        return None
    known = any(kind != normal.DEVICE for kind, _ in draft.ids)
    if arrival.options.bots == "refuse" and not known:
        return reason
    draft.came_by = None
    props["bot"] = reason.value.removeprefix("bot_")
    draft.notes.append(Note.BOT)
    return None
