"""The profile of a contact as cards: what each shows and where it stands, in one list.

To add a card: a function that takes a ``Subject`` and gives the template its context as
``this``; a template of the card's key under ``staff/contacts/cards``; a line here. Inside a
place the order is the order of the page, on a phone too.
"""

from __future__ import annotations

from trellis.web.staff.cards import (
    ahead,
    chance,
    enriched,
    known,
    lead,
    past,
    persona,
    score,
    story,
    visits,
    who,
    why,
)
from trellis.web.staff.cards.subject import Card

CARDS: tuple[Card, ...] = (
    Card(key="who", place="head", context=who.who),
    # what next and why: what a salesperson looks for first
    Card(key="ahead", place="now", context=ahead.ahead),
    Card(key="why", place="now", context=why.why, right="scoring.read"),
    Card(key="chance", place="now", context=chance.chance, right="scoring.read"),
    Card(key="score", place="now", context=score.score, right="scoring.read"),
    Card(key="lead", place="now", context=lead.lead, right="leads.read"),
    Card(key="qualification", place="now", context=lead.qualification, right="leads.read"),
    Card(key="journeys", place="now", context=past.journeys, right="journeys.read"),
    Card(key="messages", place="now", context=past.messages, right="messages.read"),
    Card(key="stages", place="now", context=lead.history, right="leads.read"),
    # what happened
    Card(key="story", place="story", context=story.story),
    # who, in full
    Card(key="persona", place="about", context=persona.persona),
    Card(key="tags", place="about", context=known.tags),
    Card(key="known", place="about", context=known.known),
    Card(key="enriched", place="about", context=enriched.enriched, right="enrichment.read"),
    Card(key="visits", place="about", context=visits.visits),
    Card(key="consent", place="about", context=who.consent),
    Card(key="segments", place="about", context=past.segments, right="segments.read"),
    Card(key="identities", place="about", context=past.identities),
)
"""Every card of the profile, in the order of the page."""
