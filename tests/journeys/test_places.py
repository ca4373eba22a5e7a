"""Replacing one rule in the text of a definition."""

from __future__ import annotations

from trellis.journeys.definition.places import places, replaced

TEXT = """\
key: hello  # stays
entry:
  - event: {type: track, name: Form Submitted, filter: {all: [{field: prop.form, op: eq, value: x}]}}
goal:
  all:
    - field: score   # goes with the rule
      op: gte
      value: 10
# a word between
steps:
  - id: 北京
    branch:
      - name: yes
        when: {any: [{field: contact.city, op: eq, value: 北京}]}
        steps: []
"""
KNOWN = {"all": [{"field": "contact.city", "op": "eq", "value": "no"}]}


def test_rules_are_found_with_what_they_read() -> None:
    found = {place.path: place for place in places(TEXT)}
    assert list(found) == ["entry.0.event.filter", "goal", "steps.0.branch.0.when"]
    assert found["entry.0.event.filter"].event_name == "Form Submitted"
    assert (found["goal"].line, found["goal"].event_name) == (5, "")


def test_a_rule_is_replaced_and_all_else_stays() -> None:
    text = TEXT
    for path in ("goal", "steps.0.branch.0.when"):
        text = replaced(text, path, KNOWN)
    assert [place.rule for place in places(text)][1:] == [KNOWN, KNOWN]
    assert "key: hello  # stays" in text
    assert "# a word between\nsteps:" in text
    assert "value: 'no'" in text or "value: no" in text


def test_what_is_no_yaml_or_no_place_changes_nothing() -> None:
    assert places("a: [") == []
    assert replaced(TEXT, "steps.9.when", KNOWN) == TEXT
