"""Examples that a new journey may begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Example:
    """A definition to start from: what it is for, and its YAML."""

    title: str | Promise
    text: str | Promise
    source: str


_WELCOME = """\
key: welcome
name: Welcome
description: Greets who just gave an address, and reminds once.
entry:
  - event: {type: track, name: Form Submitted}
re_entry: {mode: never}
leads_of: main
steps:
  - {id: hello, send: {template: welcome}}
  - id: read
    wait:
      until: {all: [{event: {type: system, name: Message Opened}, op: count_gte, value: 1, within: {n: 7, unit: day}}]}
      timeout: 3 days
  - id: split
    branch:
      - name: opened it
        when: {all: [{event: {type: system, name: Message Opened}, op: count_gte, value: 1, within: {n: 7, unit: day}}]}
        steps:
          - {id: mark, set: {attribute: welcomed, value: true}}
      - name: otherwise
        steps:
          - {id: again, send: {template: welcome}}
"""

_HOT = """\
key: hot-leads
name: Hot leads
description: Moves who became hot to the next stage.
entry:
  - event: {type: system, name: Temperature Changed, filter: {all: [{field: prop.to, op: eq, value: hot}]}}
re_entry: {mode: after, days: 30}
steps:
  - {id: settle, wait: {for: 1 hour}}
  - {id: up, stage: {to: mql}}
  - {id: done, exit: {reason: handed over}}
"""

_BACK = """\
key: come-back
name: Come back
description: Writes to who has been away for three weeks.
entry:
  - segment: {entered: away-three-weeks}
re_entry: {mode: after, days: 90}
goal: {all: [{field: standing.last_seen, op: within_last, value: {n: 2, unit: day}}]}
steps:
  - {id: miss-you, send: {template: come-back}}
  - {id: pause, wait: {for: 5 days}}
  - {id: last-word, send: {template: come-back}}
"""

EXAMPLES: Mapping[str, Example] = {
    "welcome": Example(
        title=_("Welcome"),
        text=_("A message after the first form, a reminder for who did not open it."),
        source=_WELCOME,
    ),
    "hot-leads": Example(
        title=_("Hand over hot leads"),
        text=_("Moves a contact to the next stage when it becomes hot."),
        source=_HOT,
    ),
    "come-back": Example(
        title=_("Win back"),
        text=_("Writes to people who stayed away, until they return."),
        source=_BACK,
    ),
}
