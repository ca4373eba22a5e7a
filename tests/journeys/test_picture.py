"""The picture: shape, order, no overlaps, and numbers."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from tests.journeys.conftest import World
from trellis.journeys.definition import from_plain, outline
from trellis.journeys.models import JourneyVersion
from trellis.journeys.picture import BOX_H, END, START, Picture, draw, lay_out

STEPS = """
- {id: hello, send: {template: hello}}
- id: split
  branch:
    - name: yes
      when: {field: contact.known, op: eq, value: true}
      steps:
        - {id: a, wait: {for: 1 day}}
        - {id: again, jump: {to: hello, times: 1}}
    - name: maybe
      when: {field: attr.vip, op: eq, value: true}
      steps:
        - {id: b, exit: {}}
- {id: last, wait: {for: 1 day}}
"""


def overlapping(picture: Picture) -> list[tuple[str, str]]:
    return [
        (a.id, b.id)
        for a, b in combinations(picture.boxes, 2)
        if a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h
    ]


def drawn(world: World) -> Picture:
    return draw(outline(world.text(STEPS)))


def test_a_sequence_runs_down_and_branches_stand_side_by_side(world: World) -> None:
    picture = drawn(world)
    at = {box.id: (box.x, box.y) for box in picture.boxes}
    assert at[START][1] < at["hello"][1] < at["split"][1] < at["a"][1] < at["again"][1]
    assert at["a"][1] == at["b"][1]
    assert at["a"][0] < at["b"][0]
    assert at["last"][1] > at["again"][1] + BOX_H
    assert at[START][0] == at["hello"][0] == at["split"][0] == at["last"][0] == at[END][0]


def test_the_lines_are_the_ways_of_the_plan(world: World) -> None:
    lines = {(line.source, line.target, line.label, line.jump) for line in drawn(world).lines}
    assert lines == {
        (START, "hello", "", False),
        ("hello", "split", "", False),
        ("split", "a", "yes", False),
        ("split", "b", "maybe", False),
        ("a", "again", "", False),
        ("again", "hello", "", True),
        ("again", "last", "", False),
        ("split", "last", "", False),
        ("last", END, "", False),
    }


def test_lines_have_right_angles_and_stay_on_the_surface(world: World) -> None:
    picture = drawn(world)
    for line in picture.lines:
        for (x1, y1), (x2, y2) in pairwise(line.points):
            assert x1 == x2 or y1 == y2
        assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in line.points)
    assert picture.lines[0].path.startswith("M")


def test_a_journey_that_always_ends_in_a_step_has_no_end_box(world: World) -> None:
    picture = draw(outline(world.text("- {id: won, goal: {}}")))
    assert [box.id for box in picture.boxes] == [START, "won"]


def test_the_same_definition_gives_the_same_picture(world: World) -> None:
    assert drawn(world) == drawn(world)


LEAF = st.just("wait")


@given(
    st.recursive(
        st.lists(LEAF, min_size=1, max_size=3),
        lambda inner: st.lists(
            LEAF | st.tuples(st.lists(inner, min_size=1, max_size=3), st.booleans()),
            min_size=1,
            max_size=3,
        ),
        max_leaves=12,
    )
)
def test_no_two_boxes_ever_overlap(tree: list[object]) -> None:
    numbers = iter(range(1_000))

    def steps(parts: list[object]) -> list[dict[str, object]]:
        return [step(part) for part in parts]

    def step(part: object) -> dict[str, object]:
        name = f"s{next(numbers)}"
        if not isinstance(part, tuple):
            return {"id": name, "wait": {"for": "1 day"}}
        arms, rest = part
        ways: list[dict[str, object]] = [
            {"name": f"w{number}", "when": {}, "steps": steps(arm)}
            for number, arm in enumerate(arms)
        ]
        if rest:
            ways.append({"name": "rest", "steps": steps(["wait"])})
        return {"id": name, "branch": ways}

    picture = draw(from_plain({"key": "a", "name": "A", "steps": steps(tree)}))
    assert overlapping(picture) == []
    assert min(box.x for box in picture.boxes) >= 0
    assert max(box.x + box.w for box in picture.boxes) <= picture.width
    assert max(box.y + box.h for box in picture.boxes) == picture.height


def test_the_numbers_come_in_two_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    journey = world.journey(STEPS)
    people = [world.person(known=number < 3) for number in range(5)]
    world.react(*(world.event(person) for person in people))
    version = JourneyVersion.objects.get(journey=journey)
    with django_assert_num_queries(2):
        picture = lay_out(version)
    boxes = {box.id: box for box in picture.boxes}
    assert boxes[START].outcomes == {"entered": 5}
    assert boxes["hello"].outcomes == {"requested": 5}
    assert (boxes["a"].waiting, boxes["last"].waiting) == (3, 2)
    assert boxes["split"].outcomes == {"none": 2, "yes": 3}
    taken = {(line.source, line.target): line.passed for line in picture.lines}
    assert (taken["split", "a"], taken["split", "b"], taken["split", "last"]) == (3, 0, 2)
