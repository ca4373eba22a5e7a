"""The words of the rule builder: its labels and hints, and what the built-in fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, npgettext

from trellis.rules import types
from trellis.rules.words import ANCHOR_WORDS, PERIOD_WORDS

DESCRIPTIONS: Mapping[str, Promise] = {
    "contact.email": gettext_lazy("The main address, in small letters"),
    "contact.phone": gettext_lazy("In international form: +34 600 000 000"),
    "contact.first_name": gettext_lazy("Given name"),
    "contact.last_name": gettext_lazy("Family name"),
    "contact.locale": gettext_lazy("The language they read, such as es or zh-Hans"),
    "contact.time_zone": gettext_lazy("Such as Europe/Madrid"),
    "contact.country": gettext_lazy("Two letters, such as ES or CN"),
    "contact.city": gettext_lazy("Where they live or work"),
    "contact.known": gettext_lazy("Left an email, a phone or an account, not just visits"),
    "contact.created_at": gettext_lazy("The day Trellis first heard of them"),
    "contact.tags": gettext_lazy("Words put on people by hand, by journeys or imports"),
    "standing.first_seen": gettext_lazy("The day of their first event"),
    "standing.last_seen": gettext_lazy("The day of their newest event"),
    "consent.marketing": gettext_lazy("May they be written to with news and offers?"),
    "consent.sales_contact": gettext_lazy("May a salesperson call or write?"),
    "consent.tracking": gettext_lazy("May their visits be followed?"),
    "segment": gettext_lazy("Whether they are in one of the segments"),
    "stage": gettext_lazy("Where they stand in the lifecycle"),
    "score": gettext_lazy("All points together"),
    "score.demographic": gettext_lazy("Points for who they are"),
    "score.interest": gettext_lazy("Points for what they want"),
    "score.engagement": gettext_lazy("Points for how much they do"),
    "temperature": gettext_lazy("Cold, warm or hot, from the points"),
    "grade": gettext_lazy("Fit A to C and engagement 1 to 3"),
    "company.name": gettext_lazy("The company they belong to"),
    "company.domain": gettext_lazy("The first domain of that company, such as forn.example"),
    "company.score": gettext_lazy("Made from the scores of the people of that company"),
    "contact.device": gettext_lazy("Any they ever came with: phone, tablet or desktop"),
    "contact.os": gettext_lazy("Of any of their devices, such as iOS or Windows"),
    "contact.browser": gettext_lazy("Of any of their devices, such as Safari or Chrome"),
    "contact.device_language": gettext_lazy("That a browser of theirs asks for, such as es-ES"),
}
"""What a built-in field means, by its key."""


def words() -> dict[str, Any]:
    """Every word of the builder in the reader's language."""
    return {**_groups(), **_tokens(), **_times(), **_faults(), **_beside(), "units": _units()}


def _units() -> dict[str, list[str]]:
    """Each unit as it reads after 1, after 3 and after 5."""
    return {
        "day": [npgettext("length", "day", "days", n) for n in (1, 3, 5)],
        "week": [npgettext("length", "week", "weeks", n) for n in (1, 3, 5)],
        "month": [npgettext("length", "month", "months", n) for n in (1, 3, 5)],
        "year": [npgettext("length", "year", "years", n) for n in (1, 3, 5)],
    }


def _groups() -> dict[str, str]:
    return {
        "people_for_whom": _("People for whom"),
        "all": _("all of these hold"),
        "any": _("at least one of these holds"),
        "none": _("none of these holds"),
        "group": _("How the conditions join"),
        "join_all": _("and"),
        "join_any": _("or"),
        "join_none": _("nor"),
        "condition": _("Condition"),
        "add_condition": _("Condition"),
        "add_group": _("Group"),
        "empty_rule": _("Nothing yet, so this finds nobody. Add a first condition."),
        "empty_group": _("This group is empty. Add a condition, or remove the group."),
        "duplicate": _("Duplicate"),
        "up": _("Move up"),
        "down": _("Move down"),
        "into_group": _("Put into a group"),
        "negate": _("Turn into its opposite"),
        "ungroup": _("Dissolve the group"),
        "remove": _("Remove"),
        "removed": _("Removed. Undo brings it back."),
        "more": _("More"),
    }


def _tokens() -> dict[str, str]:
    return {
        "field": _("What is looked at"),
        "operator": _("Comparison"),
        "value": _("Value"),
        "value_hint": _("value"),
        "pattern_hint": _("regular expression"),
        "choose": _("choose"),
        "or_more": _("add"),
        "and": _("and"),
        "from": _("From"),
        "to": _("To"),
        "yes": _("yes"),
        "no": _("no"),
        "a_date": _("the date"),
        "length": _("How long"),
        "unit": _("Unit"),
        "window": _("When"),
        "ever": _("ever"),
        "within": _("within the last"),
        "channel": _("Channel"),
        "any_channel": _("on any channel"),
        "order": _("Before or after something else"),
        "add_order": _("+ order"),
        "no_order": _("whatever came before or after"),
        "not_since": _("and not since then"),
        "after": _("after"),
        "other_signal": _("The other behaviour"),
        "same": _("What must be the same in both"),
        "add_same": _("+ the same"),
        "no_same": _("whatever it was"),
        "same_of": _("with the same %(name)s"),
        "property": _("Property"),
        "where": _("where"),
        "add_where": _("where …"),
        "add_property": _("Another property"),
        "own_property": _("The property “%(name)s”"),
        "events": _("Events, not counted yet"),
    }


def _times() -> dict[str, Any]:
    weekdays = {key: str(WEEKDAYS[n]) for n, key in enumerate(types.WEEKDAYS)}
    return {
        "periods": {key: str(text) for key, text in PERIOD_WORDS.items()},
        "anchors": {key: str(text) for key, text in ANCHOR_WORDS.items()},
        "weekdays": list(weekdays.items()),
        "months": [[number, str(name)] for number, name in MONTHS.items()],
        "period": _("Period"),
        "between_days": _("from"),
        "until": _("to"),
        "no_limit": _("no limit"),
        "during": _("in the period"),
        "moved": _("How far from there"),
        "move": _("+ shift"),
        "not_moved": _("exactly"),
        "earlier": _("earlier by"),
        "later": _("later by"),
        "lasting": _("Since when it has been so"),
        "add_lasting": _("+ duration"),
        "now": _("right now"),
        "for_at_least": _("for at least"),
        "contact_zone": _("Read in the time zone of each person"),
        "in_zone": _("(in their own time zone)"),
        "our_zone": _("Read in our own time zone"),
        "salt": _("Name of the draw"),
        "wild_hint": _("text with * and ?"),
    }


def _faults() -> dict[str, str]:
    return {
        "choose_field": _("Choose what to look at."),
        "choose_operator": _("Choose a comparison."),
        "choose_signal": _("Choose the other behaviour."),
        "choose_property": _("Choose the property to look at."),
        "gone_field": _(
            "“%(name)s” is no longer there. Choose something else, or remove this."
        ),
        "gone_choice": _("“%(values)s” is no longer there. Choose another, or remove this."),
        "fill_value": _("Fill in the value."),
        "fill_number": _("Fill in a number."),
        "fill_count": _("Fill in a whole number from 0."),
        "fill_length": _("Fill in how long: a whole number from 1."),
        "fill_both": _("Fill in both ends."),
        "add_value": _("Add at least one value."),
        "complete_filter": _("Complete what is written after “where”."),
        "not_json": _("This is not valid JSON from here on."),
        "not_object": _("A condition or group is an object: {…}."),
        "not_list": _("A group holds a list: […]."),
        "one_group": _("A group has exactly one of all, any, none."),
        "too_deep": _("The groups nest too deep."),
        "complete_first": _("Complete what is marked first."),
    }


def _beside() -> dict[str, str]:
    return {
        "tools": _("Tools of the rule"),
        "as_words": _("Sentence"),
        "as_json": _("The rule as JSON"),
        "json_hint": _("Copy it from here, or paste another rule over it."),
        "copy": _("Copy as JSON"),
        "copied": _("The rule is on the clipboard."),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "close": _("Close"),
        "choose_what": _("What should be looked at?"),
        "search_fields": _("Search: city, price list, score …"),
        "groups": _("Groups"),
        "everything": _("Everything"),
        "nothing_found": _("Nothing fits. Try another word."),
        "loading": _("One moment …"),
        "who_fits": _("Who fits"),
        "not_complete": _("Complete the open condition to see whom the rule finds."),
        "mend_json": _("Mend the JSON to see whom the rule finds."),
        "no_answer": _("There was no answer."),
        "try_again": _("Try again"),
        "try_one": _("Try it on one person"),
        "try_one_text": _("See which conditions they meet, with what is known of them."),
        "find_person": _("Find by name or email"),
        "explained_text": _("Each condition shows what is known, and what is missing."),
        "stop_explaining": _("Another person"),
        "fits": _("fits"),
        "fits_not": _("does not fit"),
        "holds": _("holds"),
        "holds_not": _("does not hold"),
    }
