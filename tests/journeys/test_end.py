"""Exit and goal: before every step, and whenever something happens."""

from __future__ import annotations

from tests.journeys.conftest import World
from trellis.events import names
from trellis.messaging.models import Message

STEPS = """
- {id: pause, wait: {for: 5 days}}
- {id: mail, send: {template: hello}}
- {id: more, wait: {for: 5 days}}
"""
VIP = "{field: attr.vip, op: eq, value: true}"
TOPIC = "{field: attr.topic, op: eq, value: pastry}"


def test_an_exit_rule_ends_a_waiting_run_when_something_happens(world: World) -> None:
    world.journey(STEPS, head=f"exit: {VIP}")
    ann, bob = world.person(), world.person()
    world.react(world.event(ann), world.event(bob))
    world.know(ann, vip=True)
    world.react(world.event(ann, "Any"), world.event(bob, "Any"))
    run = world.run_of(ann)
    assert (run.state, run.outcome, run.reason, run.step) == ("exited", "exit", "rule", "pause")
    assert world.run_of(bob).state == "waiting"


def test_an_exit_rule_is_checked_before_the_next_step(world: World) -> None:
    world.journey(STEPS, head=f"exit: {VIP}")
    ann = world.person()
    world.start(ann)
    world.know(ann, vip=True)
    world.tick(days=5)
    assert world.run_of(ann).outcome == "exit"
    assert not Message.objects.filter(contact_id=ann).exists()


def test_the_goal_counts_before_the_exit(world: World) -> None:
    world.journey(STEPS, head=f"exit: {VIP}\ngoal: {TOPIC}")
    ann = world.person()
    world.start(ann)
    world.know(ann, vip=True, topic="pastry")
    world.react(world.event(ann, "Any"))
    run = world.run_of(ann)
    assert (run.state, run.outcome) == ("done", "goal")


def test_a_step_that_makes_the_goal_hold_ends_the_run_before_the_next(world: World) -> None:
    world.journey(
        """
        - {id: mark, set: {attribute: topic, value: pastry}}
        - {id: mail, send: {template: hello}}
        """,
        head=f"goal: {TOPIC}",
    )
    ann = world.person()
    world.start(ann)
    assert world.path(ann) == ["mark:set"]
    assert world.run_of(ann).outcome == "goal"


def test_an_unsubscribe_ends_the_run_only_where_the_journey_says_so(world: World) -> None:
    world.journey(STEPS, key="stays")
    world.journey(
        STEPS,
        head=f"""
entry: [{{event: {{name: Asked}}}}]
exit_on: [{{event: {{type: system, name: {names.UNSUBSCRIBED}}}}}]
""",
        key="leaves",
    )
    ann, bob = world.person(), world.person()
    world.react(world.event(ann), world.event(bob, "Asked"))
    world.react(
        world.event(ann, names.UNSUBSCRIBED, "system"),
        world.event(bob, names.UNSUBSCRIBED, "system"),
    )
    assert world.run_of(ann).state == "waiting"
    assert (world.run_of(bob).outcome, world.run_of(bob).reason) == ("exit", "event")


def test_leaving_a_segment_may_end_the_run(world: World) -> None:
    world.journey(STEPS, head="exit_on: [{segment: {left: hot}}]")
    ann = world.person()
    world.start(ann)
    world.react(world.event(ann, names.SEGMENT_LEFT, "system", segment="cold"))
    assert world.run_of(ann).state == "waiting"
    world.react(world.event(ann, names.SEGMENT_LEFT, "system", segment="hot"))
    assert world.run_of(ann).outcome == "exit"


def test_a_goal_event_ends_the_run_at_the_goal(world: World) -> None:
    world.journey(STEPS, head="goal_on: [{event: {name: Bought}}]")
    ann = world.person()
    world.start(ann)
    world.react(world.event(ann, "Bought"))
    assert world.run_of(ann).outcome == "goal"


def test_an_ended_run_moves_no_more(world: World) -> None:
    world.journey(STEPS, head="goal_on: [{event: {name: Bought}}]")
    ann = world.person()
    world.start(ann)
    world.react(world.event(ann, "Bought"))
    assert world.tick(days=30) == 0
    assert world.path(ann) == []
