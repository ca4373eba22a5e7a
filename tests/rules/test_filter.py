"""Filters of signals: rules over an event's properties, compiled to SQL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS
from trellis.rules.types import RuleError

pytestmark = pytest.mark.django_db


def passes(condition: dict[str, Any], props: dict[str, Any]) -> bool:
    sql = compile_filter(parse(condition, PROPS), "e.props", "s1_")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql.text} FROM (SELECT %(doc)s::jsonb AS props) e",
            {**sql.params, "doc": json.dumps(props)},
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("op", "value", "props", "expected"),
    [
        ("starts_with", "/master-class", {"x": "/master-class/paris"}, True),
        ("starts_with", "/master-class", {"x": "/shop"}, False),
        ("eq", "Круассан", {"x": "КРУАССАН"}, True),
        ("contains", "可颂", {"x": "巴黎可颂课程"}, True),
        ("contains", "café", {"x": "CAFE\u0301 amb llet"}, True),
        ("ends_with", "ÑA", {"x": "España"}, True),
        ("eq", "100%", {"x": "100%"}, True),
        ("regex", "^/product/[0-9]+$", {"x": "/product/42"}, True),
        ("regex", "^/product/[0-9]+$", {"x": "/product/new"}, False),
        ("gt", 10, {"x": 10.5}, True),
        ("gt", 10, {"x": "10.5"}, True),
        ("gt", 10, {"x": "ten"}, False),
        ("gt", 10, {}, False),
        ("between", [1, 2], {"x": 2}, True),
        ("eq", True, {"x": True}, True),
        ("eq", True, {"x": "yes"}, False),
        ("ne", "a", {}, True),
        ("in", ["A", "b"], {"x": "a"}, True),
        ("not_in", ["a", "b"], {"x": "c"}, True),
        ("has", ["Bread"], {"x": ["bread", "cake"]}, True),
        ("has_not", "tea", {"x": ["bread", "cake"]}, True),
        ("before", "2026-02-30", {"x": "2026-02-29"}, None),
        ("before", "2026-03-01", {"x": "2026-02-28T10:00:00Z"}, True),
        ("before", "2026-03-01", {"x": "2026-02-31"}, False),
        ("not_empty", None, {"x": ""}, False),
        ("empty", None, {"x": None}, True),
    ],
)
def test_a_property_passes_or_not(
    op: str, value: Any, props: dict[str, Any], expected: bool | None
) -> None:
    leaf = {"field": "prop.x", "op": op} | ({} if value is None else {"value": value})
    if expected is None:
        with pytest.raises(RuleError):
            parse(leaf, PROPS)
    else:
        assert passes(leaf, props) is expected


def test_groups_nest_and_none_negates() -> None:
    condition = {
        "all": [
            {"field": "prop.path", "op": "starts_with", "value": "/shop"},
            {"none": [{"field": "prop.path", "op": "contains", "value": "cart"}]},
            {"any": [{"field": "prop.n", "op": "gte", "value": 2}, {"any": []}]},
        ]
    }
    assert passes(condition, {"path": "/shop/bread", "n": 2}) is True
    assert passes(condition, {"path": "/shop/cart", "n": 2}) is False
    assert passes(condition, {"path": "/shop/bread", "n": 1}) is False


def test_values_never_stand_in_the_sql() -> None:
    sql = compile_filter(
        parse(
            {"field": "prop.na'me", "op": "eq", "value": "x'); DROP TABLE contact --"}, PROPS
        ),
        "props",
    )
    assert "DROP" not in sql.text
    assert "na'me" not in sql.text
    assert passes({"field": "prop.na'me", "op": "eq", "value": "o'x%s"}, {"na'me": "o'x%s"})


def test_a_filter_cannot_depend_on_the_day_it_is_read() -> None:
    with pytest.raises(RuleError) as caught:
        parse({"field": "prop.x", "op": "within_last", "value": {"n": 1, "unit": "day"}}, PROPS)
    assert caught.value.problems[0].path == "op"


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(a)\\1", "x" * 201])
def test_a_pattern_that_the_database_would_refuse_is_refused_before(pattern: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse({"all": [{"field": "prop.x", "op": "regex", "value": pattern}]}, PROPS)
    assert caught.value.problems[0].path == "all[0].value"
