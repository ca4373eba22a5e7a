"""Journeys, templates, messages, the trap and the clock in the pages."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client

from tests.web import cast
from trellis.journeys.models import Enrolment, Journey
from trellis.messaging.models import Message, Template
from trellis.web.staff.journey_examples import EXAMPLES

pytestmark = pytest.mark.django_db


def test_a_definition_is_checked_line_by_line_while_it_is_written(client: Client) -> None:
    cast.sign_in(client)
    source = cast.JOURNEY.replace("{for: 2 days}", "{for: soon}")
    found = client.post("/journeys/check/", {"source": source}).json()["problems"]
    assert 6 in [problem["line"] for problem in found]
    assert not Journey.objects.exists()


@pytest.mark.parametrize("key", EXAMPLES)
def test_an_example_has_the_right_shape_to_begin_with(client: Client, key: str) -> None:
    cast.sign_in(client)
    page = client.get(f"/journeys/new/?example={key}")
    made = client.post("/journeys/new/", {"source": page.context["source"]})
    assert made.status_code == 302
    assert Journey.objects.get().key == key


def test_a_journey_that_is_no_yaml_stays_in_the_editor(client: Client) -> None:
    cast.sign_in(client)
    answer = client.post("/journeys/new/", {"source": "steps: [\nkey"})
    assert answer.status_code == 422
    assert "steps: [" in answer.content.decode()


def test_the_second_of_two_editors_sees_what_the_first_saved_and_loses_nothing(
    client: Client,
) -> None:
    cast.sign_in(client)
    client.post("/journeys/new/", {"source": cast.JOURNEY})
    journey = Journey.objects.get()
    address = f"/journeys/{journey.pk}/edit/"
    shown = client.get(address).context["revision"]
    first = cast.JOURNEY.replace("2 days", "3 days")
    second = cast.JOURNEY.replace("2 days", "4 days")
    assert client.post(address, {"source": first, "version": shown}).status_code == 302
    answer = client.post(address, {"source": second, "version": shown})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "changed this meanwhile" in page
    assert answer.context["source"] == second
    assert [tone for _text, tone in answer.context["clash"].rows[0].diff].count("good") == 1
    assert Journey.objects.get().draft == first
    again = {"source": second, "version": answer.context["revision"]}
    assert client.post(address, again).status_code == 302
    assert Journey.objects.get().draft == second


def test_a_journey_is_drafted_published_paused_resumed_and_stopped(client: Client) -> None:
    company = cast.found(client)
    address = f"/journeys/{company.journey}"
    client.post(f"{address}/edit/", {"source": cast.JOURNEY.replace("2 days", "3 days")})
    asked = client.get(f"{address}/publish/").content.decode()
    assert "1 person of version 1" in asked
    client.post(f"{address}/publish/", {"wait.pause": "exit"})
    journey = Journey.objects.get()
    assert (journey.version, journey.state) == (2, "live")
    for verb, state in (("pause", "paused"), ("resume", "live"), ("stop", "stopped")):
        client.post(f"{address}/turn/", {"to": verb})
        journey.refresh_from_db()
        assert journey.state == state
    assert client.post(f"{address}/turn/", {"to": "explode"}).status_code == 422


def test_the_picture_shows_who_stands_where(client: Client) -> None:
    company = cast.found(client)
    page = client.get(f"/journeys/{company.journey}/?step=pause").content.decode()
    assert "1 here" in page
    assert "Ann Ferrer" in page


def test_a_contact_is_brought_in_and_taken_out_by_hand(client: Client) -> None:
    company = cast.found(client)
    address = f"/journeys/{company.journey}/enrol/"
    client.post(address, {"contact": f"#{company.bob}", "act": "enrol"})
    assert Enrolment.objects.filter(contact_id=company.bob, live_key__isnull=False).exists()
    client.post(address, {"contact": str(company.bob), "act": "remove"})
    assert not Enrolment.objects.filter(contact_id=company.bob, live_key__isnull=False).exists()
    assert (
        client.post(address, {"contact": "Nobody of that name", "act": "enrol"}).status_code
        == 422
    )


TEMPLATE = {
    "name": "Hello",
    "purpose": "transactional",
    "v..subject": "Good day",
    "v..kind": "html",
    "v..body": cast.BODY,
    "v.es.subject": "Buenos días",
    "v.es.kind": "html",
    "v.es.body": cast.BODY,
}


def test_a_template_is_saved_as_a_new_version_with_its_languages(client: Client) -> None:
    cast.found(client)
    client.post("/templates/hello/", TEMPLATE)
    template = Template.objects.get(key="hello")
    assert template.version == 2
    variants = template.versions.get(number=2).variants
    assert set(variants) == {"", "es"}


def test_a_template_with_a_fault_names_language_part_and_line(client: Client) -> None:
    cast.found(client)
    post = {**TEMPLATE, "v.es.body": "<p>{{ contact.first_name | nonsense }}</p>"}
    answer = client.post("/templates/hello/", post)
    assert answer.status_code == 422
    assert "nonsense" in answer.content.decode()
    assert Template.objects.get(key="hello").version == 1


def test_the_preview_runs_no_script_and_stores_nothing(client: Client) -> None:
    cast.found(client)
    body = cast.BODY + "<script>alert(1)</script>"
    answer = client.post("/templates/preview/", {**TEMPLATE, "v..body": body, "show": ""})
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "Hello Ann" in answer.content.decode()
    assert Template.objects.get(key="hello").version == 1


def test_a_test_goes_to_the_address_that_was_named(client: Client) -> None:
    company = cast.found(client)
    post = {"to": "me@example.org", "contact": str(company.ann)}
    client.post("/templates/hello/test/", post)
    assert Message.objects.latest("message_id").params == {"to": "me@example.org"}


def test_the_balance_of_messages_adds_up(client: Client) -> None:
    cast.found(client)
    context = client.get("/messages/").context
    assert context["balance"].requested == sum(group["n"] for group in context["groups"])


def test_unknown_messages_are_settled_by_hand(client: Client) -> None:
    company = cast.found(client)
    Message.objects.filter(message_id=company.message).update(state="unknown")
    client.post("/messages/", {"id": [company.message], "decision": "drop"})
    assert Message.objects.get(message_id=company.message).state == "failed"


def test_mail_in_the_trap_is_framed_without_scripts(client: Client) -> None:
    company = cast.found(client)
    page = client.get(f"/trap/{company.mail}/").content.decode()
    frame = page.split("<iframe", 1)[1].split(">", 1)[0]
    assert 'sandbox="' in frame
    assert "allow-scripts" not in frame
    body = client.get(f"/trap/{company.mail}/body/")
    assert "allow-scripts" not in body["Content-Security-Policy"]


def test_the_clock_is_moved_by_one_job_at_a_time(client: Client) -> None:
    cast.sign_in(client)
    for _twice in range(2):
        answer = client.post("/clock/", {"by": "day"}, headers={"HX-Request": "true"})
        assert "on the way to" in answer.content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'pipeline.advance_clock'"
        )
        assert cursor.fetchone() == (1,)
    assert client.post("/clock/", {"by": "year"}).status_code == 422


def test_a_rule_of_a_definition_is_listed_and_put_back_where_it_stood(client: Client) -> None:
    cast.sign_in(client)
    goal = {"all": [{"field": "contact.city", "op": "eq", "value": "Girona"}]}
    source = cast.JOURNEY + f"goal: {json.dumps(goal)}  # the end\n"
    (row,) = client.post("/journeys/rules/", {"source": source}).json()["rules"]
    assert (row["path"], row["rule"]) == ("goal", goal)
    assert "city is “Girona”" in row["html"]
    posted = {"source": source, "path": "goal", "rule": json.dumps({"any": goal["all"]})}
    changed = client.post("/journeys/rules/", posted).json()["source"]
    assert "goal: {any: [{field: contact.city, op: eq, value: Girona}]}  # the end" in changed
    assert changed.startswith(cast.JOURNEY)
