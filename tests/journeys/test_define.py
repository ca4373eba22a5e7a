"""Definitions: what is understood, and what is refused in which words."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trellis.journeys.definition import (
    DefinitionError,
    from_plain,
    outline,
    parse,
    render,
    schema,
    to_plain,
)
from trellis.journeys.definition.model import Definition
from trellis.journeys.registry import STEPS
from trellis.journeys.types import Complaint, Refs, RuleJson

REFS = Refs(
    templates=frozenset({"hello"}),
    segments=frozenset({"hot"}),
    forms=frozenset({"newsletter"}),
    attributes={"topic": "text", "visits": "number", "tags": "list"},
    stages=frozenset({"mql"}),
)

WHOLE = """
key: master-class
name: Pastry master class
description: All there is.
entry:
  - event: {type: page, filter: {all: [{field: prop.path, op: starts_with, value: /master}]}}
  - segment: {entered: hot}
  - form: newsletter
  - stage: {reached: mql}
  - temperature: {reached: hot}
re_entry: {mode: after, days: 30}
stale_after_days: 3
exit: {field: contact.known, op: eq, value: false}
exit_on: [{event: {type: system, name: Unsubscribed}}]
goal: {all: [{field: contact.city, op: eq, value: "no"}]}
goal_on: [{event: {name: Bought}}]
steps:
  - {id: hello, send: {template: hello, expires: 1 day 12 hours}}
  - {id: pause, wait: {for: 2 days, until_time: "09:30", weekdays: [mon, fri]}}
  - {id: read, wait: {until: {field: contact.known, op: eq, value: true}, timeout: 3 days}}
  - {id: answer, wait: {event: {name: Answered}, timeout: 1 week}}
  - id: split
    branch:
      - name: Ürümqi & co
        when: {field: contact.city, op: eq, value: Ürümqi}
        steps:
          - {id: mark, set: {attribute: topic, value: pastry}}
          - {id: tags, set: {attribute: tags, value: [a, b]}}
      - name: otherwise
        steps:
          - {id: points, score: {points: -5, bucket: interest}}
          - {id: again, jump: {to: pause, times: 3}}
  - {id: bye, exit: {reason: bored}}
"""


def no_rule_is_wrong(_rule: RuleJson, _scope: str) -> list[Complaint]:
    return []


def read(text: str) -> Definition:
    return parse(text, REFS, no_rule_is_wrong)


def faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read(text)
    return [problem.text() for problem in caught.value.problems]


def journey(steps: str, head: str = "") -> str:
    return f"key: a\nname: A\n{head}steps:\n{steps}\n"


def test_a_definition_reads_back_from_its_own_yaml_and_its_plain_value() -> None:
    found = read(WHOLE)
    assert read(render(found)) == found
    assert from_plain(msgspec.json.decode(msgspec.json.encode(to_plain(found)))) == found
    assert [step.id for step in found.walk()] == [
        "hello", "pause", "read", "answer", "split", "mark", "tags", "points", "again", "bye",
    ]  # fmt: skip


def test_words_that_other_yaml_readers_bend_stay_words() -> None:
    found = outline(journey("  - {id: no, set: {attribute: on, value: 10:30}}"))
    assert to_plain(found)["steps"] == [
        {"id": "no", "set": {"attribute": "on", "value": "10:30"}}
    ]
    assert render(found).count("10:30") == 1
    assert outline(render(found)) == found


@pytest.mark.parametrize(
    "word", ["1e5", "true", "~", "", "0x1f", "007", ".5", "no", "- a", "é\n"]
)
def test_a_text_that_looks_like_something_else_is_written_in_quotes(word: str) -> None:
    quoted = word.replace("\n", "\\n")
    found = outline(journey(f'  - {{id: a, set: {{attribute: topic, value: "{quoted}"}}}}'))
    assert to_plain(found)["steps"][0]["set"]["value"] == word
    assert outline(render(found)) == found


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            "  - {id: a, wait: {for: 1 day}}\n  - {id: b, wait: {for: 2 dayz}}",
            "line 5: steps[1].wait.for: '2 dayz' is not a duration;"
            " write 2 days, 36 hours, 30 minutes",
        ),
        ("  - {id: a, wait: {for: 0 days}}", "line 4: steps[0].wait.for: '0 days' is not a"),
        ("  - {id: a, wait: {for: 9 years}}", "line 4: steps[0].wait.for: '9 years' is not a"),
        ("  - {id: a, wait: {for: 3000 days}}", "is longer than five years"),
        ("  - {id: a, wait: {}}", "steps[0].wait: exactly one of for, until and event"),
        (
            "  - {id: a, wait: {until: {field: score, op: gt, value: 1}}}",
            "line 4: steps[0].wait.timeout: is required: how long to wait at most",
        ),
        ("  - {id: a, wait: {until_time: 9am}}", "'9am' is not a time of day; write 09:00"),
        ("  - {id: a, wait: {for: 1 day, timeout: 2 days}}", "only with until or event"),
        ("  - {id: a, wait: {for: 1 day, weekdays: [mon]}}", "needs until_time"),
        ("  - {id: a, wait: {until_time: '09:00', weekdays: [monday]}}", "weekdays"),
        ("  - {id: a, wait: {event: {}, timeout: 1 day}}", "event.name: is required"),
        (
            "  - {id: a, wiat: {for: 1 day}}",
            "'wiat' is not a kind of step; did you mean 'wait'?",
        ),
        ("  - {id: a}", "a step has exactly one kind; this one has 0"),
        ("  - {id: a, goal: {}, exit: {}}", "a step has exactly one kind; this one has 2"),
        ("  - {goal: {}}", "steps[0].id: every step needs an id"),
        ("  - {id: 'A b', goal: {}}", "every step needs an id of a-z, 0-9, - and _"),
        (
            "  - {id: a, send: {tempalte: hello}}",
            "steps[0].send.tempalte: unknown field; did you mean 'template'?",
        ),
        ("  - {id: a, send: {}}", "line 4: steps[0].send.template: is required"),
        ("  - {id: a, send: {template: bye}}", "there is no template 'bye'"),
        ("  - {id: a, send: {template: [x]}}", "send.template: expected text, got a list"),
        ("  - {id: a, set: {attribute: shoe, value: 1}}", "there is no attribute 'shoe'"),
        ("  - {id: a, set: {attribute: visits, value: x}}", "does not fit 'visits', which is"),
        ("  - {id: a, score: {points: 0}}", "-1000 to 1000, not 0"),
        ("  - {id: a, jump: {to: b}}", "there is no step 'b'"),
        ("  - {id: a, exit: {reason: ''}}", "a reason has 1 to 30 characters"),
        (
            "  - {id: a, goal: {}}\n  - {id: a, goal: {}}",
            "line 5: steps[1].id: the id 'a' stands",
        ),
        ("  - {id: a, goal: {}}\n  - {id: b, goal: {}}", "no way leads to step 'b'"),
        ("  []", "steps: expected a list of at least one step"),
        ("  - id: a\n    branch: []", "expected a list of at least one branch"),
        (
            "  - id: a\n    branch: [{name: x, steps: []}]",
            "expected a list of at least one step",
        ),
        (
            "  - id: a\n    branch:\n    - {name: x, steps: [{id: b, goal: {}}]}\n"
            "    - {name: y, steps: [{id: c, goal: {}}]}",
            "line 6: steps[0].branch[0]: a branch without 'when' takes all others",
        ),
        (
            "  - id: a\n    branch:\n    - {name: x, when: {}, steps: [{id: b, goal: {}}]}\n"
            "    - {name: x, steps: [{id: c, goal: {}}]}",
            "line 7: steps[0].branch[1].name: 'x' is taken",
        ),
        (
            "  - {id: a, send: {template: hello}}\n  - {id: b, jump: {to: a}}",
            "endless: the way comes back",
        ),
        (
            "  - id: a\n    branch: [{name: x, steps: [{id: b, goal: {}}]}]\n"
            "  - {id: c, goal: {}}",
            "no way leads to step 'c'",
        ),
    ],
)
def test_what_is_wrong_with_a_step_is_said_with_its_place(steps: str, expected: str) -> None:
    found = faults(journey(steps))
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            "entry: [{segment: {entered: cold}}]\n",
            "entry[0].segment.entered: there is no segment",
        ),
        ("entry: [{segment: {}}]\n", "entry[0].segment: exactly one of entered and left"),
        ("entry: [{form: x, segment: {left: hot}}]\n", "entry[0]: exactly one of event,"),
        ("entry: [{form: x}]\n", "line 3: entry[0].form: there is no form 'x'"),
        ("entry: [{stage: {reached: x}}]\n", "there is no stage 'x'"),
        ("entry: [{temperature: {reached: tepid}}]\n", "temperature.reached"),
        ("entry: [{event: {}}]\n", "entry[0].event.name: is required"),
        ("entry: [{event: {type: page, name: Prices}}]\n", "page views are all named"),
        ("re_entry: {mode: after}\n", "re_entry.days: is required for mode 'after'"),
        ("re_entry: {mode: never, days: 3}\n", "re_entry.days"),
        ("stale_after_days: 0\n", "stale_after_days: 1 to 3650"),
        ("exit_on: [{}]\n", "exit_on[0]: exactly one of"),
        ("goals: {}\n", "line 3: goals: unknown field; did you mean 'goal'?"),
    ],
)
def test_what_is_wrong_with_the_head_is_said_with_its_place(head: str, expected: str) -> None:
    found = faults(journey("  - {id: a, goal: {}}", head))
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a journey is a mapping with key, name and steps"),
        ("- a", "a journey is a mapping"),
        ("key: [", "not YAML"),
        ("key: a\nkey: b", "line 2: 'key' stands twice"),
        ("key: &a b\nname: *a", "anchors and aliases are not understood here"),
        ("key: !!python/object:os.system x", "tags such as"),
        ("? [a]\n: b", "a key must be a word"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("a: " + "x" * 70_000, "longer than 64 KB"),
        ("[" * 60 + "]" * 60, "nested deeper than 40 levels"),
        ("key: a\nsteps: [{id: a, goal: {}}]", "name: is required"),
        ("key: A b\nname: A\nsteps: [{id: a, goal: {}}]", "'A b' is not a key"),
    ],
)
def test_what_is_no_definition_is_refused(text: str, expected: str) -> None:
    assert expected in faults(text)[0]


def test_every_fault_is_reported_at_once() -> None:
    found = faults(journey("  - {id: a, send: {template: x}}\n  - {id: b, wait: {}}"))
    assert len(found) == 2


def test_faults_inside_rules_have_their_place_in_the_whole() -> None:
    def wrong(_rule: RuleJson, scope: str) -> list[Complaint]:
        return [("all[0].value", f"is missing in {scope}")]

    text = journey("  - {id: a, wait: {until: {all: [{field: x}]}, timeout: 1 day}}")
    with pytest.raises(DefinitionError) as caught:
        parse(text, REFS, wrong)
    assert caught.value.problems[0].text() == (
        "line 4: steps[0].wait.until.all[0].value: is missing in contact"
    )


def test_a_loop_with_a_wait_in_it_is_no_endless_one() -> None:
    text = journey(
        "  - {id: a, send: {template: hello}}\n  - {id: b, wait: {for: 1 day}}\n"
        "  - {id: c, jump: {to: a}}"
    )
    assert len(list(read(text).walk())) == 3


def test_the_schema_knows_every_kind_and_is_closed() -> None:
    found: dict[str, Any] = schema()
    kinds = {next(key for key in one["properties"] if key != "id")
             for one in found["$defs"]["Step"]["oneOf"]}  # fmt: skip
    assert {"send", "wait", "branch", "set", "score", "jump", "goal", "exit"} <= kinds
    assert found["additionalProperties"] is False
    assert set(found["required"]) == {"key", "name", "steps"}


@pytest.mark.parametrize("name", ["master-class", "welcome", "abandoned-cart"])
def test_the_demos_journeys_are_definitions(name: str) -> None:
    file = resources.files("trellis.cli.demo").joinpath("data", "journeys", f"{name}.yaml")
    found = outline(file.read_text("utf-8"))
    assert found.head.key == name
    assert outline(render(found)) == found


def test_the_example_of_the_reference_is_a_definition() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "journeys.md").read_text("utf-8")
    found = outline(page.split("```yaml\n")[1].split("```")[0])
    assert found.head.key == "master-class"


def test_every_kind_and_every_setting_stands_in_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "journeys.md").read_text("utf-8")
    for kind in STEPS.values():
        part = page.split(f"## Step `{kind.key}`\n")[1].split("\n## ")[0]
        assert kind.about.replace("|", "\\|") in part
        for field in msgspec.structs.fields(kind.settings):
            assert f"| `{field.encode_name}` |" in part
