"""A small company for tests of pages: a few people, and one thing of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client

from tests import world
from trellis.accounts.models import Role, User
from trellis.accounts.types import SYSTEM
from trellis.core import clock, ids
from trellis.enrichment import actions as enrichment
from trellis.events import inbox
from trellis.journeys import actions as journeys
from trellis.journeys.models import Enrolment
from trellis.leads import actions as leads
from trellis.leads.models import Question, Reason
from trellis.messaging import actions as messaging
from trellis.messaging import deliver, outbox
from trellis.messaging.models import Message, TrapMail
from trellis.messaging.types import SendRequest
from trellis.people import company_actions as companies
from trellis.people.models import Attribute, ContactIdentity, Identity
from trellis.pipeline.drain import drain
from trellis.segments.models import Membership

JOURNEY = """\
key: welcome
name: Welcome
entry:
  - event: {type: track, name: Form Submitted}
steps:
  - {id: pause, wait: {for: 2 days}}
  - {id: hello, send: {template: hello}}
"""
BODY = "<p>Hello {{ contact.first_name }}</p><p><a href='{{ unsubscribe_url }}'>Stop</a></p>"


@dataclass(frozen=True, kw_only=True)
class Company:
    """The numbers of what ``found`` made."""

    admin: User
    ann: int
    bob: int
    visitor: int
    segment: int
    static: int
    journey: int
    message: int
    mail: int
    enrolment: int
    employer: int
    source: int


def sign_in(client: Client, role: Role = Role.ADMIN) -> User:
    """Somebody of the staff, signed in."""
    user = User.objects.create_user(
        f"{role}@example.org", "a long secret 1", role=role, name="Ada Byron"
    )
    client.force_login(user)
    return user


def someone(first: str, **fields: object) -> int:
    """A known contact with an email, who did something."""
    email = f"{first.lower()}@example.com"
    number = world.person(first_name=first, last_name="Ferrer", email=email, **fields)  # type: ignore[arg-type]  # fields of Contact
    Identity.objects.create(kind="email", value=email, contact_id=number)
    ContactIdentity.objects.create(kind="email", value=email, contact_id=number)
    return number


def did(contact_id: int, name: str, **props: object) -> None:
    """That a contact did something just now, through the inbox."""
    fact = inbox.system_fact(contact_id, name, props)
    inbox.put([fact])


def found(client: Client) -> Company:
    """Found the company with an administrator who is signed in."""
    admin = sign_in(client)
    now = clock.now()
    ann, bob = someone("Ann", city="Girona"), someone("Bob")
    visitor = world.person(known=False)
    Attribute.objects.create(key="topic", label="Topic", type="text")
    segment = world.segment("girona", {"field": "contact.city", "op": "eq", "value": "Girona"})
    static = world.segment("friends", {}, kind="static")
    Membership.objects.create(contact_id=ann, segment_id=segment.pk, since=now)
    world.score_rule(
        "demographic", 5, rule={"field": "contact.known", "op": "eq", "value": True}
    )
    version = messaging.save_template(
        SYSTEM,
        messaging.TemplateDraft(
            key="hello",
            name="Hello",
            variants={"": {"subject": "Hello", "html": BODY, "text": "Hello"}},
            purpose="transactional",
        ),
    )
    journey = journeys.create(SYSTEM, JOURNEY)
    journeys.publish(SYSTEM, journey.pk)
    journeys.enrol(SYSTEM, journey.pk, [ann])
    request = SendRequest(
        contact_id=ann,
        cause=f"test:{ids.new_token(6)}",
        template_version_id=version.pk,
        channel="email",
        purpose="transactional",
        wake_at=now - timedelta(seconds=1),
    )
    outbox.request([request], now)
    deliver.run_due(list(range(ids.SLOTS)), clock.now(), 100)
    leads.move_stage(SYSTEM, [ann], "lead", "hand", "", now)
    drain()
    message = Message.objects.filter(contact_id=ann).latest("created_at")
    return Company(
        admin=admin,
        ann=ann,
        bob=bob,
        visitor=visitor,
        segment=segment.pk,
        static=static.pk,
        journey=journey.pk,
        message=message.message_id,
        mail=TrapMail.objects.latest("id").pk,
        employer=companies.create(SYSTEM, "Forn", ["forn.example"]).pk,
        source=enrichment.create(SYSTEM, "webhook", "Directory", {}).pk,
        enrolment=Enrolment.objects.get(contact_id=ann).enrolment_id,
    )


def pages(company: Company) -> list[str]:
    """The address of every page of the staff that somebody can open."""
    return [
        "/",
        "/me/",
        "/contacts/",
        "/contacts/?q=ann",
        "/contacts/?kind=all&temperature=cold",
        "/contacts/new/",
        "/contacts/duplicates/",
        "/contacts/zones/",
        "/contacts/?sort=score",
        f"/contacts/duplicates/{company.ann}/{company.bob}/",
        f"/contacts/{company.ann}/",
        f"/contacts/{company.visitor}/",
        f"/contacts/{company.ann}/edit/",
        f"/contacts/{company.ann}/timeline/",
        "/segments/",
        "/segments/new/",
        f"/segments/{company.segment}/",
        f"/segments/{company.segment}/edit/",
        f"/segments/{company.segment}/why/?contact={company.ann}",
        f"/segments/{company.static}/",
        f"/segments/{company.static}/members/",
        f"/segments/{company.segment}/members/",
        f"/segments/{company.segment}/moves/",
        "/segments/?q=gir&kind=dynamic&status=live",
        "/segments/overlap/",
        f"/segments/overlap/?id={company.segment}&id={company.static}",
        "/score/",
        "/score/new/",
        "/stages/",
        "/stages/mql/",
        "/stages/mql/leads/",
        "/lines/new/",
        "/lines/main/",
        f"/lines/main/reasons/{Reason.objects.order_by('id')[0].pk}/",
        f"/lines/main/questions/{Question.objects.order_by('id')[0].pk}/",
        "/proposals/",
        "/notices/",
        "/notices/bell/",
        "/reports/",
        "/reports/people-per-stage/",
        "/reports/conversion/",
        "/reports/stuck/",
        "/signals/",
        "/signals/new/",
        "/reports/funnel/",
        "/reports/most-seen/",
        "/segments/similar/",
        f"/reports/most-seen/?what=messages&segment={company.segment}",
        "/attributes/",
        "/attributes/?of=company",
        "/attributes/topic/",
        "/tags/",
        "/companies/",
        "/companies/new/",
        f"/companies/{company.employer}/",
        f"/companies/{company.employer}/edit/",
        "/enrichment/",
        f"/enrichment/{company.source}/",
        "/rules/fields/",
        "/journeys/",
        "/journeys/new/",
        f"/journeys/{company.journey}/",
        f"/journeys/{company.journey}/edit/",
        f"/journeys/{company.journey}/publish/",
        f"/journeys/{company.journey}/{company.ann}/{company.enrolment}/",
        "/messages/",
        "/messages/?state=sent",
        f"/messages/{company.ann}/{company.message}/",
        "/templates/",
        "/templates/new/",
        "/templates/hello/",
        "/trap/",
        f"/trap/{company.mail}/",
        f"/trap/{company.mail}/body/",
        f"/trap/{company.mail}/raw/",
        "/forms/",
        "/imports/",
        "/keys/",
        "/users/",
        "/health/",
        "/health/banner/",
        "/health/rejected/",
        "/audit/",
        "/settings/",
        "/clock/",
    ]
