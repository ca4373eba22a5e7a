"""The names of events that Trellis knows: one list, so that log, rules, docs and UI agree.

Ours are stated as ``system`` facts unless an entrance states them; those of sites come as
track calls. Properties in brackets.
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

PAGE_READ = "Page Read"
PAGE_LEFT = "Page Left"
PAGE_REVISITED = "Page Revisited"
VISITOR_RETURNED = "Visitor Returned"
ELEMENT_CLICKED = "Element Clicked"
LINK_FOLLOWED = "Link Followed"
FILE_DOWNLOADED = "File Downloaded"
PRODUCT_VIEWED = "Product Viewed"
PRODUCT_ADDED = "Product Added"
PRODUCT_REMOVED = "Product Removed"
PRODUCT_WISHED = "Product Added to Wishlist"
PRODUCT_UNWISHED = "Product Removed from Wishlist"
CHECKOUT_STARTED = "Checkout Started"
ORDER_COMPLETED = "Order Completed"
ORDER_CANCELLED = "Order Cancelled"
FORM_STARTED = "Form Started"
FORM_ABANDONED = "Form Abandoned"
EXIT_INTENT = "Exit Intent"

WEB_EVENTS: dict[str, str] = {
    PAGE_READ: "A page was in sight to its end, for long enough [seconds].",
    PAGE_LEFT: "Time on a page since it was last told, and how far it was seen in percent"
    " [seconds, scroll].",
    PAGE_REVISITED: "A page was seen again in a later visit [times].",
    VISITOR_RETURNED: "A second or later visit began [visit, days].",
    ELEMENT_CLICKED: "A click on an element that the page or the settings chose"
    " [element, text].",
    LINK_FOLLOWED: "A link to another site, to mail or to the telephone"
    " [kind, host, url, text].",
    FILE_DOWNLOADED: "A link to a file was followed [file, url, text].",
    PRODUCT_VIEWED: "A product was seen [product_id, name, category, price, currency].",
    PRODUCT_ADDED: "A product went into the cart [product_id, name, category, price].",
    PRODUCT_REMOVED: "A product was taken out of the cart [product_id, name].",
    PRODUCT_WISHED: "A product went on the wish list [product_id, name, category, price].",
    PRODUCT_UNWISHED: "A product was taken off the wish list [product_id, name].",
    CHECKOUT_STARTED: "The site says that an order was begun [value, currency, products].",
    ORDER_COMPLETED: "The site says that an order was placed"
    " [order_id, total, currency, products].",
    ORDER_CANCELLED: "The site says that an order was called off [order_id, total].",
    FORM_STARTED: "A visitor began to fill in a form [form].",
    FORM_ABANDONED: "A form was begun and the page left without sending it; names of fields,"
    " never their values [form, fields, last, seconds].",
    EXIT_INTENT: "The visitor is about to leave: the mouse left at the top, or a quick scroll up"
    " on a phone; once per page [how, seconds].",
}
"""What visitors do on a site: name of the track call → what it means, with its properties.
t.js tells all but the ones that say that the site does. Names of shops are Segment's."""

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
