"""Templates: what is refused at saving, and what becomes of what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from liquid.exceptions import ResourceLimitError

from tests.messaging.conftest import SLOTS
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.messaging import actions, alarms, deliver, preview, queries, registry, tokens, trap
from trellis.messaging.actions import TemplateDraft
from trellis.messaging.content import liquid, mime
from trellis.messaging.content.compile import choose
from trellis.messaging.content.plain import text_of
from trellis.messaging.models import Message, TemplateVersion

Make = Callable[..., Any]
NOBODY = Actor(kind="user", id=9, name="Vic", rights=frozenset())
MJML = """<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>Hello {{ contact.first_name | default: "there" }}</mj-text>
        <mj-button href="https://shop.example/{{ attr.topic }}?a=1&amp;b=2">Go</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>"""


def draft(**more: Any) -> TemplateDraft:
    values: dict[str, Any] = {
        "key": "hello",
        "name": "Hello",
        "variants": {"": {"subject": "Hi", "mjml": MJML}},
    }
    return TemplateDraft(**(values | more))


def variants(**parts: str) -> dict[str, dict[str, str]]:
    return {"": {"subject": "Hi", "html": "<p>Hi</p>"} | parts}


@pytest.mark.django_db
def test_saving_makes_a_version_only_where_something_changed() -> None:
    first = actions.save_template(SYSTEM, draft())
    assert actions.save_template(SYSTEM, draft()).pk == first.pk
    second = actions.save_template(SYSTEM, draft(variants=variants()))
    assert (first.number, second.number) == (1, 2)
    assert TemplateVersion.objects.get(pk=first.pk).variants[""]["mjml"] == MJML
    renamed = actions.save_template(SYSTEM, draft(name="New name", variants=variants()))
    assert renamed.pk == second.pk
    assert queries.template("hello").name == "New name"
    assert [row.action for row in Audit.objects.order_by("id")] == [
        "template.create",
        "template.update",
        "template.update",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parts", "part", "line", "message"),
    [
        ({"html": "<p>\n{% if x %}\n</p>"}, "html", 3, "expected tag endif"),
        ({"html": "<p>\n\n{{ x | shout }}</p>"}, "html", 3, "unknown filter 'shout'"),
        ({"subject": "{{ contact.first_name"}, "subject", 1, "expected '}}'"),
        ({"html": "{% include 'secrets' %}"}, "html", 1, "unexpected tag 'include'"),
        ({"subject": " "}, "subject", 1, "the subject is empty"),
        ({"html": ""}, "html", 1, "there is no content"),
        ({"mjml": MJML.replace("</mj-text>", "</mj-txt>")}, "mjml", 5, "not an MJML component"),
        ({"mjml": MJML.replace("</mj-column>", "")}, "mjml", 8, "closes <mj-column>"),
        ({"mjml": MJML.replace("mj-button", "mj-knob")}, "mjml", 6, "<mj-knob>"),
        (
            {"mjml": MJML.replace("<mj-text>", '<mj-text x="{{ y }}">')},
            "mjml",
            5,
            "keeps nothing",
        ),
        (
            {"mjml": MJML.replace("<mj-body>", "<mj-head>x</mj-head><mj-body>")},
            "mjml",
            2,
            "unexpected",
        ),
        ({"mjml": "<p>Hello</p>"}, "mjml", 1, "one <mjml> element"),
        ({"mjml": "<mjml><mj-include path='/etc/passwd'/></mjml>"}, "mjml", 1, "mj-include"),
    ],
)
def test_what_could_not_be_sent_is_refused_with_its_line(
    parts: dict[str, str], part: str, line: int, message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        actions.save_template(SYSTEM, draft(variants=variants(**parts)))
    problem = refused.value.data["problems"][0]
    assert (problem["part"], problem["line"]) == (part, line)
    assert message in problem["message"]
    assert TemplateVersion.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "Not A Key"},
        {"name": " "},
        {"purpose": "spam"},
        {"channel": "pigeon"},
        {"from_email": "a@b.example\r\nBcc: c@d.example"},
        {"reply_to": "nobody"},
        {"variants": {"es": {"subject": "Hola", "html": "x"}}},
        {"variants": {"": {"subject": "Hi", "html": "x", "virus": "y"}}},
    ],
)
def test_a_template_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        actions.save_template(SYSTEM, draft(**wrong))


@pytest.mark.django_db
def test_who_may_not_write_templates_cannot() -> None:
    with pytest.raises(Forbidden):
        actions.save_template(NOBODY, draft())
    with pytest.raises(Forbidden):
        actions.archive_template(NOBODY, "hello")
    with pytest.raises(Forbidden):
        actions.settle_unknown(NOBODY, [1], "drop")
    with pytest.raises(Forbidden):
        actions.pause_channel(NOBODY, "email", "")


@pytest.mark.django_db
def test_a_template_in_use_is_not_archived(monkeypatch: pytest.MonkeyPatch) -> None:
    actions.save_template(SYSTEM, draft())
    users = {"journey": lambda key: ["Master class"] if key == "hello" else []}
    with monkeypatch.context() as patch:
        patch.setattr(registry, "template_users", users)
        with pytest.raises(Conflict) as refused:
            actions.archive_template(SYSTEM, "hello")
    assert refused.value.data["used_by"] == ["journey Master class"]
    actions.archive_template(SYSTEM, "hello")
    with pytest.raises(Conflict):
        actions.save_template(SYSTEM, draft(name="Again"))
    assert [line.key for line in queries.templates(archived=True)] == ["hello"]
    actions.restore_template(SYSTEM, "hello")
    assert [line.key for line in queries.templates()] == ["hello"]


@pytest.mark.django_db
def test_mjml_becomes_html_with_its_liquid_and_a_way_out() -> None:
    seen = preview.draft({"": {"subject": "Hi {{ contact.name }}", "mjml": MJML}}, "marketing")
    assert seen.subject == "Hi Ann Example"
    assert "Hello Ann" in seen.html
    assert 'href="https://shop.example/?a=1&amp;b=2"' in seen.html
    assert "/u/" in seen.html
    assert "Hello Ann" in seen.text
    assert "(https://shop.example/?a=1&b=2)" in seen.text


@pytest.mark.django_db
def test_pasted_html_is_left_alone_but_for_its_links() -> None:
    html = (
        "<!DOCTYPE html>\n<html><head><style>a > b {}</style></head>\n<body  class='x'>"
        "<p>A&nbsp;B</p><!--[if mso]><i>c</i><![endif]--><a class=k href='#top'>t</a>"
        '<a href="{{ unsubscribe_url }}">out</a></body></html>'
    )
    seen = preview.draft(variants(html=html), "marketing")
    assert (
        re.sub(r'href="http[^"]*/u/[^"]*"', 'href="{{ unsubscribe_url }}"', seen.html) == html
    )


@pytest.mark.django_db
def test_a_missing_value_is_empty_or_its_default() -> None:
    html = "<p>{{ attr.none }}|{{ attr.none.deeper | default: 'x' }}|{{ event.page }}</p>"
    seen = preview.draft(
        variants(html=html), "transactional", params={"event": {"page": "a<b"}}
    )
    assert "<p>|x|a&lt;b</p>" in seen.html
    assert "|x|a<b" in seen.text


@pytest.mark.django_db
def test_a_template_cannot_loop_for_ever() -> None:
    with pytest.raises(InvalidInput, match="limit"):
        preview.draft(variants(html="{% for i in (1..99999999) %}x{% endfor %}"), "marketing")


@pytest.mark.django_db
def test_the_variant_follows_the_locale_of_the_contact(contact: Make) -> None:
    written = {
        locale: {"subject": locale or "default", "html": "x"}
        for locale in ("", "es", "zh-Hans", "zh-Hant", "pt-BR")
    }
    for locale, subject in [
        ("es-MX", "es"),
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("zh-Hant-HK", "zh-Hant"),
        ("pt-br", "pt-BR"),
        ("pt", "default"),
        ("ru", "default"),
        ("", "default"),
    ]:
        ann = contact(f"p-{locale}@example.com", locale=locale)
        assert preview.draft(written, "marketing", contact_id=ann).subject == subject


def test_without_a_default_any_variant_is_better_than_none() -> None:
    assert choose({"fr": {}, "de": {}}, "es") == "de"


def test_text_from_html_reads_like_a_letter() -> None:
    html = (
        "<head><title>No</title><style>p{}</style></head><body>"
        '<div style="display: none">Preheader<br>more</div><h1>Title</h1><p>One\n two<br>three'
        '</p><ul><li>first</li><li>second</li></ul><img alt="Logo" src="x">'
        '<a href="https://a.example">link</a> &amp; <a href="#x">here</a></body>'
    )
    assert text_of(html) == (
        "Title\n\nOne two\nthree\n\n- first\n- second\n\nLogolink (https://a.example) & here\n"
    )


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("ann@example.com", True),
        ("ann+tag@sub.example.co.uk", True),
        ("анна@пример.рф", True),
        ("root@localhost", True),
        ("ann@example.com\n", False),
        ("ann@-", False),
        ("ann@example.com, bob@example.com", False),
        ("ann@exa mple.com", False),
        ("@example.com", False),
        ("ann@", False),
        ("a" * 300 + "@example.com", False),
    ],
)
def test_an_address_is_one_plain_mailbox(address: str, valid: bool) -> None:
    assert mime.address_is_valid(address) is valid


@pytest.mark.django_db
def test_a_test_message_reaches_the_tester_and_touches_nobody(
    template: Make, contact: Make, now: datetime
) -> None:
    version = template(html="<p>{{ contact.first_name }}</p><a href='https://a.example'>x</a>")
    ann = contact(first_name="Ann", consent=False)
    actions.send_test(SYSTEM, version.pk, to="me@example.org", contact_id=ann)
    deliver.run_due(SLOTS, now.replace(year=2100), 10)
    [caught] = trap.newest()
    assert caught.recipient == "me@example.org"
    mail = trap.opened(caught.id)
    assert "<p>Ann</p>" in mail.html
    assert 'href="https://a.example"' in mail.html
    token = mail.html.partition("/u/")[2].partition('"')[0]
    assert tokens.read_origin("unsubscribe", token).contact_id == 0
    with pytest.raises(InvalidInput):
        actions.send_test(SYSTEM, version.pk, to="nobody", contact_id=ann)
    with pytest.raises(NotFound):
        actions.send_test(SYSTEM, 0, to="me@example.org", contact_id=ann)


@pytest.mark.django_db
def test_unknown_messages_are_settled_by_a_person(
    template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template()
    people = [contact(f"p{n}@example.com") for n in range(3)]
    for person in people:
        ask(person, version)
    deliver.run_due(SLOTS, now, 10)
    ids = list(Message.objects.order_by("message_id").values_list("message_id", flat=True))
    Message.objects.filter(message_id__in=ids[:2]).update(state="unknown")

    assert actions.settle_unknown(SYSTEM, [ids[0], ids[2]], "drop").left == [ids[2]]
    assert actions.settle_unknown(SYSTEM, [ids[1]], "resend").done == 1
    states = dict(Message.objects.values_list("message_id", "state"))
    assert states == {ids[0]: "failed", ids[1]: "queued", ids[2]: "sent"}
    assert deliver.run_due(SLOTS, now.replace(year=2100), 10) == 1
    with pytest.raises(InvalidInput):
        actions.settle_unknown(SYSTEM, ids, "forget")  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_paused_channel_keeps_its_messages_and_says_why(
    template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ask(contact(), template())
    actions.pause_channel(SYSTEM, "email", "The server moves")
    assert deliver.run_due(SLOTS, now, 10) == 0
    [line] = queries.messages(queries.Filter())
    assert (line.state, line.why) == ("queued", "channel_paused")
    assert [alarm.detail for alarm in alarms.alarms()] == ["The server moves"]
    actions.resume_channel(SYSTEM, "email")
    assert deliver.run_due(SLOTS, now, 10) == 1
    with pytest.raises(InvalidInput):
        actions.pause_channel(SYSTEM, "pigeon", "")


@pytest.mark.django_db
def test_requested_equals_the_sum_of_what_became_of_it(
    template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template()
    for number in range(3):
        ask(contact(f"ok{number}@example.com"), version, journey_id=5)
    ask(contact("no@example.com", consent=None), version, journey_id=5)
    ask(contact("", consent=True), version, journey_id=5)
    ask(contact("later@example.com"), version, journey_id=5, wake_at=now.replace(year=2099))
    ask(contact("other@example.com"), version, journey_id=6)
    deliver.run_due(SLOTS, now, 100)
    found = queries.balance(queries.Filter(journey_id=5))
    assert (found.requested, found.sent, found.waiting) == (6, 3, 1)
    assert found.skipped == {"no_consent": 1, "no_address": 1}
    assert found.accounted == found.requested
    assert queries.templates()[0].balance.requested == 7


@pytest.mark.django_db
def test_messages_are_listed_page_by_page(
    template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template(subject="Hello {{ contact.first_name }}")
    for number in range(5):
        ask(contact(f"p{number}@example.com", first_name=f"P{number}"), version)
    deliver.run_due(SLOTS, now, 100)
    first = queries.messages(queries.Filter(template="hello"), limit=3)
    last = (first[-1].created_at, first[-1].message_id)
    rest = queries.messages(queries.Filter(template="hello"), before=last, limit=3)
    assert [line.contact for line in first + rest] == ["P4", "P3", "P2", "P1", "P0"]
    assert [line.subject for line in queries.messages(queries.Filter(query="p3@"))] == [
        "Hello P3"
    ]
    assert queries.messages(queries.Filter(state="failed")) == []
    [decision] = queries.decisions(first[0].contact_id, first[0].message_id)
    assert (decision.outcome, decision.reason) == ("send", "passed")


@pytest.mark.django_db
def test_a_message_can_be_read_again_as_a_page(
    template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann = contact(first_name="Ann")
    ask(
        ann,
        template(html="<p>{{ contact.first_name }} {{ event.page }}</p>"),
        params={"event": {"page": "/a"}},
    )
    deliver.run_due(SLOTS, now, 10)
    number = Message.objects.get().message_id
    page = preview.message_page(ann, number)
    assert "<p>Ann /a</p>" in page.html
    assert "/o/" not in page.html
    with pytest.raises(NotFound):
        preview.message_page(ann, number + 1)


@pytest.mark.parametrize(
    "source",
    [
        "{% assign a = (1..100000000) | join: ',' %}",
        "{{ (1..99999999999999999999) | reverse | first }}",
        "{% assign n = 9 %}" + "{% assign n = n | times: n %}" * 40,
        "{% capture a %}{% for i in (1..9999) %}xxxxxxxxxx{% endfor %}{% endcapture %}"
        "{{ a | replace: 'x', a }}",
    ],
)
def test_no_filter_takes_the_machine(source: str) -> None:
    with pytest.raises(ResourceLimitError):
        liquid.TEXT.from_string(source).render()


def test_filters_of_everyday_size_work() -> None:
    source = "{{ name | append: '!' | replace: 'a', 'ba' }} {{ (1..3) | join: ',' }} {{ 7 | times: 6 }}"
    assert liquid.TEXT.from_string(source).render(name="Ana") == "Anba! 1,2,3 42"
