"""The names of our own events: one list, so that log, rules, docs and UI agree.

Each is stated as a ``system`` fact unless an entrance states it. Properties in brackets.
"""

from __future__ import annotations

SEGMENT_ENTERED = "Segment Entered"
SEGMENT_LEFT = "Segment Left"
STAGE_CHANGED = "Stage Changed"
STAGE_PROPOSED = "Stage Proposed"
PROPOSAL_REFUSED = "Proposal Refused"
LEAD_WON = "Lead Won"
LEAD_LOST = "Lead Lost"
LEAD_DISQUALIFIED = "Lead Disqualified"
LEAD_REOPENED = "Lead Re-opened"
TEMPERATURE_CHANGED = "Temperature Changed"
FORM_SUBMITTED = "Form Submitted"
MESSAGE_SENT = "Message Sent"
MESSAGE_DELIVERED = "Message Delivered"
MESSAGE_BOUNCED = "Message Bounced"
MESSAGE_FAILED = "Message Failed"
MESSAGE_SKIPPED = "Message Skipped"
MESSAGE_OPENED = "Message Opened"
MESSAGE_CLICKED = "Message Clicked"
UNSUBSCRIBED = "Unsubscribed"
SUBSCRIBED = "Subscribed"
JOURNEY_ENTERED = "Journey Entered"
JOURNEY_ENDED = "Journey Ended"
JOURNEY_GOAL = "Journey Goal Reached"
CONTACT_MERGED = "Contact Merged"
CONTACT_CHANGED = "Contact Changed"
CONTACT_ENRICHED = "Contact Enriched"
COMPANY_CHANGED = "Company Changed"
MERGE_UNDONE = "Merge Undone"
ATTRIBUTE_CHANGED = "Attribute Changed"
POINTS_GIVEN = "Points Given"

SYSTEM_EVENTS: dict[str, str] = {
    SEGMENT_ENTERED: "A contact entered a segment [segment_id, segment].",
    SEGMENT_LEFT: "A contact left a segment [segment_id, segment].",
    STAGE_CHANGED: "A lead moved to another stage [line_id, line, from, to, how, reason].",
    STAGE_PROPOSED: "A lead was proposed for a stage [line_id, line, from, to].",
    PROPOSAL_REFUSED: "A person refused a proposal [line_id, line, from, to, reason].",
    LEAD_WON: "A lead was won [line_id, line, stage, value, currency].",
    LEAD_LOST: "A lead was lost [line_id, line, stage, how, reason].",
    LEAD_DISQUALIFIED: "A lead fits no profile [line_id, line, stage, how, reason].",
    LEAD_REOPENED: "A lost or disqualified lead was opened again [line_id, line, stage, reason].",
    TEMPERATURE_CHANGED: "The temperature of a contact changed [from, to, score].",
    FORM_SUBMITTED: "A form was submitted [form, form_id, fields].",
    MESSAGE_SENT: "A message was handed over [message_id, channel, template, journey].",
    MESSAGE_DELIVERED: "The provider reported delivery [message_id, channel].",
    MESSAGE_BOUNCED: "A message came back [message_id, channel, type, code].",
    MESSAGE_FAILED: "A message could not be handed over [message_id, channel, reason].",
    MESSAGE_SKIPPED: "The gate held a message back [message_id, channel, reason].",
    MESSAGE_OPENED: "A message was opened [message_id, template, human].",
    MESSAGE_CLICKED: "A link was clicked [message_id, template, url, human].",
    UNSUBSCRIBED: "Consent was withdrawn [purpose, channel, how, message_id].",
    SUBSCRIBED: "Consent was given [purpose, channel, how].",
    JOURNEY_ENTERED: "A journey began [journey_id, journey, version].",
    JOURNEY_ENDED: "A journey ended [journey_id, journey, outcome, reason].",
    JOURNEY_GOAL: "The goal of a journey was reached [journey_id, journey].",
    CONTACT_MERGED: "Another contact was linked into this one [loser_id, reason].",
    CONTACT_CHANGED: "A person or program changed a profile [by, fields].",
    CONTACT_ENRICHED: "A source added what nobody had said [source, basis, fields].",
    COMPANY_CHANGED: "The company of a contact changed [company_id, company, fields].",
    MERGE_UNDONE: "A merge was taken apart again [merge_id, by].",
    ATTRIBUTE_CHANGED: "A journey or a person set an attribute [key, value, how].",
    POINTS_GIVEN: "A journey or a person gave points [points, bucket, reason].",
}
"""Name → what it means and which properties it has (also the reference page)."""
