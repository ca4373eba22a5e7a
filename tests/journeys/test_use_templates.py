"""A template that a journey sends is in use, wherever in the plan the step stands."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import World
from trellis.accounts.types import SYSTEM
from trellis.core.errors import Conflict
from trellis.journeys import actions
from trellis.messaging.actions import archive_template
from trellis.messaging.models import Template

STEPS = """
- id: split
  branch:
    - name: known
      when: {field: contact.known, op: eq, value: true}
      steps:
        - {id: hello, send: {template: hello}}
    - name: otherwise
      steps:
        - {id: bye, exit: {reason: done}}
"""


@pytest.mark.django_db
def test_a_template_is_archived_only_after_its_journeys_stopped(world: World) -> None:
    journey = world.journey(STEPS)
    with pytest.raises(Conflict) as refused:
        archive_template(SYSTEM, "hello")
    assert refused.value.data["used_by"] == ["journey Class"]
    actions.stop(SYSTEM, journey.id)
    archive_template(SYSTEM, "hello")
    assert Template.objects.get(key="hello").archived_at is not None
