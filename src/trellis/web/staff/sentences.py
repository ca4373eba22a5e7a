"""Events as sentences: what a person reads in a timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from trellis.events import names, types
from trellis.web.staff import words
from trellis.web.staff.deeds import Props, Sentence, deed, say


def _b(value: object) -> str:
    return format_html("<b>{}</b>", value)


def _page(props: Props) -> Sentence:
    shown = props.get("title") or props.get("path") or props.get("url") or props.get("name")
    detail = str(props.get("path") or props.get("url") or "")
    return Sentence(
        say(_("Looked at {page}"), page=shown or _("a page")),
        detail if detail != shown else "",
        "eye",
        "",
    )


def _stage(props: Props) -> Sentence:
    how = words.HOW.get(str(props.get("how", "")), "")
    start = props.get("from_name") or props.get("from")
    end = props.get("to_name") or props.get("to") or "–"
    return Sentence(
        say(_("Moved from {start} to {end}"), start=start, end=end)
        if start
        else say(_("Came into {stage}"), stage=end),
        " · ".join(filter(None, [str(how), str(props.get("reason") or "")])),
        "stairs-up",
        "good",
    )


def _proposed(props: Props) -> Sentence:
    end = props.get("to_name") or props.get("to") or "–"
    return Sentence(say(_("Was proposed for {stage}"), stage=end), "", "arrow-up-right", "good")


def _refused(props: Props) -> Sentence:
    end = props.get("to_name") or props.get("to") or "–"
    text = say(_("The proposal for {stage} was refused"), stage=end)
    return Sentence(text, str(props.get("reason") or ""), "circle-x", "")


def _won(props: Props) -> Sentence:
    value = props.get("value")
    worth = f"{value} {props.get('currency') or ''}".strip() if value is not None else ""
    return Sentence(_("Was won"), worth, "circle-check", "good")


def _ended(template: str, icon: str, tone: str) -> Callable[[Props], Sentence]:
    def sentence(props: Props) -> Sentence:
        how = words.HOW.get(str(props.get("how", "")), "")
        detail = " · ".join(filter(None, [str(props.get("reason") or ""), str(how)]))
        return Sentence(_(template), detail, icon, tone)

    return sentence


def _temperature(props: Props) -> Sentence:
    label = words.TEMPERATURES.get(str(props.get("to")), (props.get("to"), ""))[0]
    score = props.get("score")
    return Sentence(
        say(_("Became {temperature}"), temperature=label),
        _("%(score)s points") % {"score": score} if score is not None else "",
        words.TEMPERATURES.get(str(props.get("to")), ("", "temperature"))[1],
        "good" if props.get("to") == "hot" else "",
    )


def _message(
    template: str, icon: str, tone: str = "", detail: str = "reason"
) -> Callable[[Props], Sentence]:
    def sentence(props: Props) -> Sentence:
        subject = (
            props.get("subject")
            or props.get("template_name")
            or props.get("template")
            or _("a message")
        )
        found = str(props.get(detail) or "")
        if detail == "reason" and found:
            found = str(words.REASONS.get(found, found.replace("_", " ")))
        return Sentence(say(_(template), message=subject), found, icon, tone)

    return sentence


def _named(template: str, key: str, icon: str, tone: str = "") -> Callable[[Props], Sentence]:
    def sentence(props: Props) -> Sentence:
        detail = str(props.get("reason") or "")
        return Sentence(
            say(_(template), thing=props.get(f"{key}_name") or props.get(key) or "–"),
            str(words.REASONS.get(detail, detail)),
            icon,
            tone,
        )

    return sentence


def _consent(template: str, icon: str, tone: str) -> Callable[[Props], Sentence]:
    def sentence(props: Props) -> Sentence:
        purpose = words.PURPOSES.get(str(props.get("purpose", "marketing")), "")
        return Sentence(
            say(_(template), purpose=purpose), str(props.get("how") or ""), icon, tone
        )

    return sentence


def _attribute(props: Props) -> Sentence:
    return Sentence(
        say(_("{key} set to {value}"), key=props.get("key"), value=props.get("value")),
        str(words.HOW.get(str(props.get("how", "")), props.get("how") or "")),
        "tag",
        "",
    )


def _changed(props: Props) -> Sentence:
    fields = props.get("fields")
    named = (
        ", ".join(str(words.TRAITS.get(key, key)) for key in fields)
        if isinstance(fields, list)
        else ""
    )
    return Sentence(_("Was changed by hand"), named, "pencil", "")


def _enriched(props: Props) -> Sentence:
    fields = props.get("fields")
    source = str(props.get("source", "")).removeprefix("enrich:")
    return Sentence(
        say(_("{source} added what it knows"), source=source),
        ", ".join(map(str, fields)) if isinstance(fields, list) else "",
        "database",
        "",
    )


def _undone(props: Props) -> Sentence:
    return Sentence(_("A merge was undone"), "", "arrow-back-up", "")


def _points(props: Props) -> Sentence:
    return Sentence(
        say(_("Was given {points} points"), points=props.get("points")),
        str(props.get("reason") or ""),
        "gauge",
        "good",
    )


SYSTEM: Mapping[str, Callable[[Props], Sentence]] = {
    names.SEGMENT_ENTERED: _named(
        mark("Entered the segment {thing}"), "segment", "filter", "good"
    ),
    names.SEGMENT_LEFT: _named(mark("Left the segment {thing}"), "segment", "filter"),
    names.STAGE_CHANGED: _stage,
    names.STAGE_PROPOSED: _proposed,
    names.PROPOSAL_REFUSED: _refused,
    names.LEAD_WON: _won,
    names.LEAD_LOST: _ended(mark("Was lost"), "circle-x", "bad"),
    names.LEAD_DISQUALIFIED: _ended(mark("Was disqualified"), "circle-x", "bad"),
    names.LEAD_REOPENED: _ended(mark("Was opened again"), "rotate-clockwise", "good"),
    names.TEMPERATURE_CHANGED: _temperature,
    names.FORM_SUBMITTED: _named(mark("Sent the form {thing}"), "form", "forms", "good"),
    names.MESSAGE_SENT: _message(mark("Was sent {message}"), "send"),
    names.MESSAGE_DELIVERED: _message(mark("Received {message}"), "mail-check"),
    names.MESSAGE_BOUNCED: _message(mark("{message} came back"), "mail-off", "bad", "type"),
    names.MESSAGE_FAILED: _message(mark("{message} could not be sent"), "alert-circle", "bad"),
    names.MESSAGE_SKIPPED: _message(mark("{message} was held back"), "player-track-next"),
    names.MESSAGE_OPENED: _message(mark("Opened {message}"), "mail-opened", "good", ""),
    names.MESSAGE_CLICKED: _message(mark("Clicked in {message}"), "hand-click", "good", "url"),
    names.UNSUBSCRIBED: _consent(mark("Unsubscribed from {purpose}"), "bell", "bad"),
    names.SUBSCRIBED: _consent(mark("Agreed to {purpose}"), "shield-check", "good"),
    names.JOURNEY_ENTERED: _named(
        mark("Began the journey {thing}"), "journey", "route", "good"
    ),
    names.JOURNEY_ENDED: _named(mark("Ended the journey {thing}"), "journey", "door-exit"),
    names.JOURNEY_GOAL: _named(mark("Reached the goal of {thing}"), "journey", "flag", "good"),
    names.CONTACT_MERGED: _named(
        mark("Contact #{thing} was merged in"), "loser_id", "git-merge"
    ),
    names.ATTRIBUTE_CHANGED: _attribute,
    names.POINTS_GIVEN: _points,
    names.CONTACT_CHANGED: _changed,
    names.CONTACT_ENRICHED: _enriched,
    names.COMPANY_CHANGED: _named(mark("Their company {thing} changed"), "company", "building"),
    names.MERGE_UNDONE: _undone,
}
"""Every event of ``events.names`` has its sentence (a test compares the two)."""


_ASIDE = frozenset(
    {
        *("url", "referrer", "title", "search", "path", "name", "user_agent", "bot", "told"),
        *("session", "session_start", "visit", "cookieless", "locale", "time_zone"),
        *("screen_width", "touch"),
    }
)
"""Properties about the circumstances: shown with the event's data, not in its line."""


def _outline(props: Props) -> str:
    """The few properties worth a line, in the order they came."""
    shown = [
        f"{words.TRAITS.get(key, key.replace('_', ' '))}: {value}"
        for key, value in props.items()
        if key not in _ASIDE
        and isinstance(value, str | int | float | bool)
        and not key.startswith(("$", "utm_"))
    ]
    return " · ".join(shown[:4])


def _identified(props: Props) -> Sentence:
    """What an identify call said: who somebody is, a consent, or only what their browser is."""
    told = props.get("told")
    if not isinstance(told, list):
        return Sentence(_("Told who they are"), _outline(props), "user-check", "good")
    if named := [str(key) for key in told if key not in ("locale", "time_zone")]:
        shown = ", ".join(
            str(words.TRAITS.get(key, key.replace("_", " "))) for key in named[:6]
        )
        return Sentence(_("Told who they are"), shown, "user-check", "good")
    answers = props.get("consent")
    if isinstance(answers, dict) and answers:
        return Sentence(_("Answered the question for consent"), "", "cookie", "")
    if came := props.get("arrival"):
        return _arrived(str(came), props)
    return Sentence(_("The browser introduced itself"), "", "device-desktop", "")


def _arrived(came: str, props: Props) -> Sentence:
    """Somebody came by a link of a message: whether their browser was tied to it, and why."""
    said = _message(mark("Came by a link of {message}"), "link", "", "")(props)
    return said._replace(detail=str(words.ARRIVALS.get(came, came)))


def sentence(kind: str, name: str, props: Props) -> Sentence:
    """What an event says. Unknown names stand as they are, with their properties."""
    said = _sentence(kind, name, props)
    if robot := props.get("bot"):
        note = words.ROBOTS.get(str(robot), _("A robot"))
        said = said._replace(detail=" · ".join(filter(None, [said.detail, str(note)])))
    return said


def _sentence(kind: str, name: str, props: Props) -> Sentence:
    if kind == types.SYSTEM and name in SYSTEM:
        return SYSTEM[name](props)
    if kind in {types.PAGE, types.SCREEN}:
        return _page(props)
    if kind == types.IDENTIFY:
        return _identified(props)
    if kind == types.ALIAS:
        return Sentence(_("Another name became known"), "", "link", "")
    if name == names.FORM_SUBMITTED:
        return SYSTEM[name](props)
    return deed(name, props) or Sentence(_b(name), _outline(props), "bolt", "")
