"""The words of the product as people read them: badges, reasons, events. Literal tables,
so that every state looks and reads the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

TEMPERATURES: Mapping[str, tuple[Text, str]] = {
    "hot": (_("Hot"), "flame"),
    "warm": (_("Warm"), "sun"),
    "cold": (_("Cold"), "snowflake"),
}

CHANNELS: Mapping[str, tuple[Text, str]] = {
    "email": (_("Email"), "mail"),
    "sms": (_("SMS"), "device-mobile"),
    "push": (_("Web push"), "bell"),
    "webhook": (_("Webhook"), "plug"),
    "telegram": ("Telegram", "send"),
}

STATES: Mapping[str, Mapping[str, tuple[Text, str, str]]] = {
    "message": {
        "queued": (_("Queued"), "", "clock"),
        "sending": (_("Sending"), "", "send"),
        "sent": (_("Sent"), "good", "check"),
        "delivered": (_("Delivered"), "good", "circle-check"),
        "bounced": (_("Bounced"), "bad", "mail-off"),
        "failed": (_("Failed"), "bad", "alert-circle"),
        "skipped": (_("Skipped"), "quiet", "player-track-next"),
        "unknown": (_("Unknown"), "warn", "help"),
    },
    "journey": {
        "draft": (_("Draft"), "quiet", "pencil"),
        "live": (_("Live"), "good", "player-play"),
        "paused": (_("Paused"), "warn", "player-pause"),
        "stopped": (_("Stopped"), "", "player-stop"),
    },
    "enrolment": {
        "active": (_("Moving"), "good", "player-play"),
        "waiting": (_("Waiting"), "", "clock-pause"),
        "done": (_("Done"), "good", "circle-check"),
        "exited": (_("Exited"), "quiet", "door-exit"),
        "failed": (_("Failed"), "bad", "alert-circle"),
    },
    "build": {
        "building": (_("Building"), "", "refresh"),
        "live": (_("Live"), "good", "circle-check"),
        "broken": (_("Broken"), "bad", "alert-triangle"),
        "stopped": (_("Stopped"), "warn", "player-stop"),
    },
    "import": {
        "uploaded": (_("Ready to map"), "", "upload"),
        "running": (_("Running"), "", "refresh"),
        "done": (_("Done"), "good", "circle-check"),
        "failed": (_("Failed"), "bad", "alert-circle"),
        "cancelled": (_("Cancelled"), "quiet", "circle-x"),
    },
}

BUCKETS: Mapping[str, tuple[Text, Text]] = {
    "demographic": (_("Demographic"), _("Who they are: place, job, company.")),
    "interest": (_("Interest"), _("What they want: topics, products, prices looked at.")),
    "engagement": (_("Engagement"), _("How much they do: visits, opens, clicks, forms.")),
}

ATTRIBUTE_TYPES: Mapping[str, Text] = {
    "text": _("Text"),
    "number": _("Number"),
    "boolean": _("Yes or no"),
    "date": _("Date"),
    "datetime": _("Date and time"),
    "list": _("List"),
    "choice": _("Choice"),
    "email": _("Email"),
    "url": _("Web address"),
}

SOURCES: Mapping[str, Text] = {
    "": _("Unknown"),
    "system": _("Trellis"),
    "api": _("A program"),
    "t.js": _("The website"),
    "form": _("A form"),
    "import": _("An import"),
    "email_domain": _("The domain of the address"),
    "ip": _("The network address"),
}
"""``src`` of provenance in words."""

BASES: Mapping[str, Text] = {
    "consent": _("Consent"),
    "contract": _("Contract"),
    "legitimate_interest": _("Legitimate interest"),
    "legal_obligation": _("Legal obligation"),
}
"""Legal bases on which a value is kept."""

TAG_COLOURS: Mapping[str, Text] = {
    "green": _("Green"),
    "blue": _("Blue"),
    "violet": _("Violet"),
    "pink": _("Pink"),
    "red": _("Red"),
    "orange": _("Orange"),
    "amber": _("Amber"),
    "grey": _("Grey"),
}

ALIKE: Mapping[str, Text] = {
    "same_mailbox": _("Same mailbox, written differently"),
    "same_phone": _("Same phone number in another form"),
    "named_together": _("One fact named both"),
    "same_device": _("Used the same device"),
    "same_name": _("Same name"),
    "similar_name": _("Similar name"),
    "same_company": _("Same company"),
    "same_city": _("Same city"),
    "same_local_part": _("Same name before the @"),
    "other_name": _("Different names"),
    "other_user_id": _("Different user ids"),
    "other_country": _("Different countries"),
}
"""Why two contacts may be one person, or not."""

TRAITS: Mapping[str, Text] = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("Email"),
    "phone": _("Phone"),
    "company": _("Company"),
    "city": _("City"),
    "country": _("Country"),
    "locale": _("Language"),
    "time_zone": _("Time zone"),
}

IDENTITIES: Mapping[str, tuple[Text, str]] = {
    "user_id": (_("User id"), "id-badge-2"),
    "email": (_("Email"), "mail"),
    "phone": (_("Phone"), "phone"),
    "anonymous_id": (_("Device"), "device-mobile"),
}

PURPOSES: Mapping[str, Text] = {
    "marketing": _("Marketing"),
    "sales_contact": _("Contact by sales"),
    "tracking": _("Tracking"),
    "enrichment": _("Enrichment"),
    "transactional": _("Transactional"),
}

ROBOTS: Mapping[str, Text] = {
    "crawler": _("A crawler"),
    "headless": _("A headless browser"),
    "automated": _("A browser steered by a program"),
    "program": _("A program, not a browser"),
    "prefetch": _("Loaded ahead of time, seen by nobody"),
}
"""What kind of robot did it (``tracking.bots``), for events that are kept with a mark."""

HOW: Mapping[str, Text] = {
    "rule": _("by rule"),
    "hand": _("by hand"),
    "journey": _("by a journey"),
    "import": _("by an import"),
    "merge": _("by a merge"),
}

SEGMENT_KINDS: Mapping[str, tuple[Text, str]] = {
    "dynamic": (_("By rule"), "filter"),
    "static": (_("List"), "list-check"),
    "snapshot": (_("Snapshot"), "bookmark"),
}

SEGMENT_WHYS: Mapping[str, tuple[Text, str]] = {
    "event": (_("something they did"), "bolt"),
    "clock": (_("time went by"), "clock"),
    "rule": (_("the rule was changed"), "pencil"),
    "hand": (_("by hand"), "hand-click"),
    "snapshot": (_("the snapshot was taken again"), "bookmark"),
}

ARRIVALS: Mapping[str, Text] = {
    "tied": _("This browser is known by it from now on"),
    "known": _("Not tied: this browser is known already"),
    "scanner": _("Not tied: a scanner opened the links of this message"),
}
"""What came of an arrival by a message (``pipeline.arrivals``)."""

REASONS: Mapping[str, Text] = {
    "no_consent": _("No consent for this purpose"),
    "consent": _("No consent for this purpose"),
    "suppressed": _("The address is suppressed"),
    "withdrawn": _("Consent was withdrawn"),
    "bad_address": _("The address cannot be written to"),
    "hand": _("by hand"),
    "paused_by_contact": _("The person asked for a pause"),
    "no_address": _("No address for this channel"),
    "unsubscribed": _("Unsubscribed"),
    "frequency_cap": _("Too many messages already"),
    "quiet_hours": _("Quiet hours where the person lives"),
    "expired": _("It came too late"),
    "duplicate": _("Sent before"),
    "end": _("Reached the end"),
    "goal": _("Reached the goal"),
    "exit_rule": _("The exit rule held"),
    "bought": _("Became a customer"),
    "message_link": _("A click in a message"),
    "device": _("The same browser"),
    "removed": _("Taken out by hand"),
    "not_json": _("Not valid JSON"),
    "not_an_object": _("Not a JSON object"),
    "not_utf8": _("Not UTF-8"),
    "too_many": _("Too many in one batch"),
    "too_deep": _("Nested too deeply"),
    "wrong_type": _("A field of the wrong type"),
    "unknown_call": _("An unknown kind of call"),
    "no_event_name": _("No name of an event"),
    "name_too_long": _("The name is too long"),
    "no_group": _("No group named"),
    "no_previous": _("No earlier name given"),
    "bad_timestamp": _("Unreadable time"),
    "too_old": _("From before the year 2000"),
    "unknown_key": _("Unknown write key"),
    "internal": _("Trellis failed on it"),
    "processing": _("Trellis failed on it"),
    "bot_crawler": _("A crawler"),
    "bot_headless": _("A headless browser"),
    "bot_automated": _("A browser steered by a program"),
    "bot_program": _("A program, not a browser"),
    "bot_prefetch": _("Loaded ahead of time, seen by nobody"),
    "bot": _("A robot, kept with a mark"),
    "no_message_id": _("Without a message id"),
    "junk_id": _("A placeholder instead of an id"),
    "future_time": _("A time in the future, put right"),
    "bad_sent_at": _("Unreadable sending time"),
    "cleaned_text": _("Text put right"),
    "objection": _("The person objected"),
    "nothing_known": _("It knows nothing of them"),
    "nothing_to_ask_with": _("Nothing to ask with"),
    "switched_off": _("The source was switched off"),
    "no_connection": _("No connection"),
    "too_slow": _("Too slow"),
    "bad_answer": _("The answer cannot be read"),
    "bad_json": _("Not valid JSON"),
    "too_large": _("Too large"),
    "no_identity": _("Names nobody"),
    "bad_time": _("Unreadable time"),
    "bad_key": _("Unknown write key"),
    "bad_email": _("Not an email address"),
    "bad_phone": _("Not a phone number"),
    "bad_number": _("Not a number"),
    "bad_date": _("Not a date"),
    "bad_boolean": _("Neither yes nor no"),
    "too_many_cells": _("More cells than columns"),
    "too_long": _("Too long"),
    "bad_encoding": _("Cannot be read in this encoding"),
    "unreadable": _("Cannot be read"),
    "trap": _("A program filled a field that nobody sees"),
    "too_quick": _("Sent faster than a person types"),
}
