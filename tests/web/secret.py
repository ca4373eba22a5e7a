"""A company in which one person's private data stands wherever such data can stand."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts.models import Audit, Notice, Role, User
from trellis.accounts.types import SYSTEM
from trellis.capture.forms import actions as forms
from trellis.capture.imports import actions as imports
from trellis.capture.models import ImportFault
from trellis.core import clock, ids
from trellis.enrichment import actions as enrichment
from trellis.enrichment.models import EnrichmentRun
from trellis.events import inbox, rejected
from trellis.events.models import Signal
from trellis.events.types import Fact
from trellis.journeys import actions as journeys
from trellis.journeys.models import Enrolment
from trellis.leads import actions as leads
from trellis.leads.models import Question, Reason, Stage
from trellis.messaging import actions as messaging
from trellis.messaging import deliver, outbox
from trellis.messaging.models import Message, TrapMail
from trellis.messaging.types import SendRequest
from trellis.people import actions, duplicates, tags
from trellis.people.models import Attribute, Contact, Merge
from trellis.pipeline.drain import drain
from trellis.reports import funnels
from trellis.scoring.models import ScoreModel
from trellis.segments.models import Membership, SavedFilter, Segment

EMAIL, PHONE = "zulema.secretova@gmail.com", "+34699887766"
NAME, STREET, IP, PLACE = "Secretova", "Carrer Amagat 17", "203.0.113.77", 41.98765
TRACES = re.compile(
    r"zulema|secretova|699\s?887|887\s?766|amagat|203\.0\.113|41\.98765", re.IGNORECASE
)
NOTE = f"Asked by {EMAIL}, call +34 699 887 766"
RULE = {
    "any": [
        {"field": "contact.email", "op": "eq", "value": EMAIL},
        {"field": "contact.email", "op": "starts_with", "value": "zulema"},
        {"field": "contact.last_name", "op": "in", "value": [NAME]},
    ]
}
JOURNEY = f"""\
key: secret
name: For one
entry:
  - event: {{type: track, name: Form Submitted}}
exit: {{field: contact.email, op: ends_with, value: zulema.secretova@gmail.com}}
steps:
  - {{id: pause, wait: {{for: 2 days}}}}
  - id: fork
    branch:
      - name: Her
        when: {{field: contact.last_name, op: eq, value: {NAME}}}
        steps:
          - {{id: hello, send: {{template: secret}}}}
"""
BODY = (
    "<p>Hello {{ contact.name }}, {{ contact.email }}</p>"
    "<p><a href='{{ unsubscribe_url }}'>Stop</a></p>"
)


def found(client: Client) -> dict[str, Any]:
    """Found the company, signed in as an administrator; returns what each part of an
    address can be."""
    company = cast.found(client)
    now = clock.now()
    Attribute.objects.create(key="street", label="Street", type="text")
    Attribute.objects.create(key="private_line", label="Line", type="email")
    traits = {
        "email": EMAIL,
        "phone": PHONE,
        "first_name": "Laura",
        "last_name": NAME,
        "street": STREET,
        "private_line": "zulema.other@gmail.com",
    }
    laura = actions.create_contact(SYSTEM, traits)
    twin = actions.create_contact(
        SYSTEM, {"email": "zulemasecretova@gmail.com", "first_name": "Laura", "last_name": NAME}
    )
    spare = actions.create_contact(
        SYSTEM, {"email": "zulema3@gmail.com", "first_name": "Laura", "last_name": NAME}
    )
    actions.merge(SYSTEM, laura, spare)
    duplicates.work()
    event = _events(laura)
    drain()
    _definitions(laura)
    _paper(company, laura)
    mail = _letter(laura)
    drain()
    leads.move_stage(SYSTEM, [laura], "mql", "hand", NOTE, now)
    drain()
    _waiting(laura)
    source = imports.create(
        SYSTEM,
        "Fair",
        io.BytesIO(f"email,phone,name\n{EMAIL},{PHONE},L {NAME}\nzulema@,x,y\n".encode()),
    )
    ImportFault.objects.create(
        source=source, row=2, reason="bad_email", detail="zulema@", cells=["zulema@", "x", "y"]
    )
    run = Enrolment.objects.filter(contact_id=laura).latest("journey_id")
    rule = ScoreModel.objects.get(default=True).rules.latest("id")
    return {
        "contact_id": laura,
        "one_id": min(laura, twin),
        "other_id": max(laura, twin),
        "event_id": str(event),
        "segment_id": Segment.objects.get(key="secret").pk,
        "source_id": company.source,
        "company_id": company.employer,
        "signal_id": Signal.objects.order_by("-id")[0].pk,
        "import_id": source.pk,
        "static": company.static,
        "user_id": company.admin.pk,
        "rule_id": rule.pk,
        "model_id": ScoreModel.objects.get(default=True).pk,
        "journey_id": run.journey_id,
        "enrolment_id": run.enrolment_id,
        "message_id": Message.objects.filter(contact_id=laura).latest("created_at").message_id,
        "mail_id": mail,
        "funnel_id": funnels.create(SYSTEM, "F", FUNNEL).pk,
        "form_id": forms.create(SYSTEM, "Brochure").pk,
        "reason_id": Reason.objects.order_by("id")[0].pk,
        "question_id": Question.objects.order_by("id")[0].pk,
        "key_id": _write_key(),
        "ref": f"r{rule.pk}",
        "filter_id": SavedFilter.objects.create(
            name="Hers", shared=True, query={"rule": RULE}
        ).pk,
        "tag": tags.create(SYSTEM, "VIP", {}).key,
        "merge_id": Merge.objects.get(contact_id=laura).merge_id,
        "attribute": "street",
        "stage": "mql",
        "line": "main",
        "template": "secret",
    }


FUNNEL = [{"stage": "lead"}, {"stage": "mql"}]


def _write_key() -> int:
    from trellis.accounts import keys

    return keys.create(SYSTEM, "write", "Site", [])[0].pk


def _events(laura: int) -> int:
    props = {
        "email": EMAIL,
        "lastName": NAME,
        "phone": PHONE,
        "ip": IP,
        "latitude": PLACE,
        "url": f"https://shop.example/thanks?email={EMAIL.replace('@', '%40')}&x=1",
        "title": f"Thanks {EMAIL}",
        "message": NOTE,
        "address": {"street": STREET, "city": "Girona"},
    }
    now = clock.now().timestamp()
    facts = [
        Fact(f"m{number}", type_, name, now, contact_id=laura, props=props)
        for number, (type_, name) in enumerate(
            [("track", "Form Submitted"), ("page", "Page Viewed"), ("track", "Call Asked")]
        )
    ]
    who = {**props, "name": f"Laura {NAME}"}
    facts.append(Fact("m9", "identify", "Identified", now, contact_id=laura, props=who))
    Signal.objects.create(
        key="calls",
        name="Calls",
        event_type="track",
        event_name="Call Asked",
        status="live",
        filter={"field": "prop.email", "op": "starts_with", "value": "zulema"},
    )
    inbox.put(facts)
    return inbox.event_id(facts[0])


def _definitions(laura: int) -> None:
    segment = world.segment("secret", RULE)
    Membership.objects.create(contact_id=laura, segment_id=segment.pk, since=clock.now())
    world.score_rule("demographic", 5, rule=RULE)
    Stage.objects.filter(key="mql", line__default=True).update(rule=RULE)
    Reason.objects.filter(pk=Reason.objects.order_by("id")[0].pk).update(rule=RULE)


def _paper(company: cast.Company, laura: int) -> None:
    now = clock.now()
    enrichment.update(SYSTEM, company.source, {"rule": RULE})
    EnrichmentRun.objects.create(
        contact_id=laura,
        run_id=1,
        source_id=company.source,
        how="hand",
        state="done",
        at=now,
        asked_at=now,
        added={"phone": PHONE, "street": STREET},
        answer=f'{{"email": "{EMAIL}", "last_name": "{NAME}"}}',
    )
    Audit.objects.create(
        actor="system",
        action="contact.update",
        object_type="contact",
        object_id=str(laura),
        summary=f"Changed {EMAIL}",
        change={"last_name": ["x", NAME], "phone": ["", PHONE]},
    )
    for user in User.objects.all():
        Notice.objects.create(
            user=user,
            at=now,
            cause="c",
            text=f"Laura {NAME}: call {PHONE}",
            detail=EMAIL,
            url=f"/contacts/{laura}/",
            contact_id=laura,
        )
    rejected.keep(
        [
            rejected.Item(
                at=now.timestamp(),
                reason="no_identity",
                detail=NOTE,
                origin="api",
                call="track",
                sent="",
                key_id=None,
                body=f'{{"traits": {{"email": "{EMAIL}", "lastName": "{NAME}"{end}'.encode(),
            )
            for end in ("}}", f', "name": "Laura {NAME}", "cut": ')
        ]
    )


def _letter(laura: int) -> int:
    now = clock.now()
    version = messaging.save_template(
        SYSTEM,
        messaging.TemplateDraft(
            key="secret",
            name="Secret",
            variants={
                "": {"subject": "Dear {{ contact.last_name }}", "html": BODY, "text": "x"}
            },
            purpose="transactional",
        ),
    )
    journey = journeys.create(SYSTEM, JOURNEY)
    journeys.publish(SYSTEM, journey.pk)
    journeys.enrol(SYSTEM, journey.pk, [laura])
    request = SendRequest(
        contact_id=laura,
        cause=f"test:{ids.new_token(6)}",
        template_version_id=version.pk,
        channel="email",
        purpose="transactional",
        wake_at=now - timedelta(seconds=1),
    )
    outbox.request([request], now)
    deliver.run_due(list(range(ids.SLOTS)), clock.now(), 100)
    Message.objects.filter(contact_id=laura).update(detail=f"550 no {EMAIL}")
    return TrapMail.objects.latest("id").pk


def _waiting(laura: int) -> None:
    Contact.objects.filter(contact_id=laura).update(city="Girona")
    fact = Fact("w1", "track", "Waits", clock.now().timestamp(), contact_id=laura)
    inbox.put(
        [
            Fact(
                **{
                    **{f: getattr(fact, f) for f in fact.__struct_fields__},
                    "props": {"email": EMAIL, "note": NOTE},
                }
            )
        ]
    )


def reader(client: Client, monkeypatch: Any) -> None:
    """Sign in somebody who may do everything, but not see private data."""
    from trellis.accounts import access
    from trellis.accounts.registry import ROLE_RIGHTS

    rights = ROLE_RIGHTS["admin"] - {"contacts.see_private"}
    monkeypatch.setattr(access, "ROLE_RIGHTS", {**ROLE_RIGHTS, "admin": rights})
    client.force_login(User.objects.get(role=Role.ADMIN))
