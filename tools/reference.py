"""Writes docs/reference/ from the code: settings, command line, events, rules, journeys, API.

``python -m tools.reference`` writes the pages; a test compares them with what stands there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trellis.config.settings")
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Made by `python -m tools.reference`; edit the code, not this page. -->"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _page(title: str, intro: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", NOTE, "", intro, "", *lines]).rstrip() + "\n"


def settings() -> str:
    """Every environment variable."""
    from trellis.config.env import SETTINGS

    rows = (
        (f"`{item.name}`", item.kind, f"`{item.default}`" if item.default else "", item.help)
        for item in SETTINGS
    )
    return _page(
        "Settings",
        "Trellis is set by environment variables only. A variable `X` may also be given as"
        " `X_FILE`, the name of a file that holds the value. A bad value stops the start with"
        " a sentence.",
        _table(("variable", "kind", "default", "meaning"), rows),
    )


def cli() -> str:
    """Every command with its arguments."""
    from trellis.cli.main import parser

    return _page(
        "Command line",
        "Exit codes: 0 done; 1 it could not be done, and a sentence on stderr says why; 2 the"
        " command line was wrong; 130 interrupted. `--json` prints one JSON object instead of"
        " sentences.",
        _commands(parser(), ""),
    )


def _commands(parser: argparse.ArgumentParser, about: str) -> Iterator[str]:
    subs = [item for item in parser._actions if isinstance(item, argparse._SubParsersAction)]
    shown = [
        item
        for item in parser._actions
        if item not in subs and item.help != argparse.SUPPRESS and item.dest != "help"
    ]
    if not subs:
        yield f"## {parser.prog}"
        yield ""
        yield (about or parser.description or "").strip().capitalize() + "."
        yield ""
        if shown:
            yield from _table(("argument", "meaning"), (_argument(item) for item in shown))
    for sub in subs:
        abouts = {choice.dest: choice.help or "" for choice in sub._choices_actions}
        for name, child in sub.choices.items():
            yield from _commands(child, abouts.get(name, ""))


def _argument(item: argparse.Action) -> tuple[str, str]:
    value = item.metavar or item.dest.upper()
    if not item.option_strings:
        return f"`{item.metavar or item.dest}`", item.help or ""
    takes = "" if item.nargs == 0 else f" {value}"
    return f"`{', '.join(item.option_strings)}{takes}`", item.help or ""


def events() -> str:
    """The events of our own, and how outside ones are named."""
    from trellis.events.names import SYSTEM_EVENTS, WEB_EVENTS
    from trellis.events.types import STANDARD_NAMES
    from trellis.tracking.options import AUTOMATIC
    from trellis.tracking.page import CLICK_IDS

    return _page(
        "Events",
        "Everything that happens to a contact is an event in one log. Events of clients keep"
        " the names they were sent with; calls without a name stand under a standard one."
        " Trellis states its own acts as events of type `system`, so rules, segments and"
        " journeys can use them like any other. Properties stand in brackets.",
        [
            "## Calls of the tracking API",
            "",
            *_table(
                ("call", "name in the log"),
                [
                    ("`track`", "the `event` it carries"),
                    *((f"`{call}`", name) for call, name in STANDARD_NAMES.items()),
                ],
            ),
            "## Events of websites",
            "",
            "Track calls by which websites say what visitors do. `t.js` tells those of pages,"
            " clicks, forms and products by itself (see how-to/track-a-website); shops use the"
            " same names in any Segment library. Every event of `t.js` also carries the page"
            " (`url`, `path`, `title`, `referrer`), the campaign of its address (`utm_*` and"
            f" {', '.join(f'`{name}`' for name in sorted(CLICK_IDS))}), its visit (`session`,"
            " the number `visit`, `session_start` on the first) and the device (`user_agent`,"
            " `locale`, `time_zone`, `screen_width`, `touch`).",
            "",
            *_table(("name", "meaning"), WEB_EVENTS.items()),
            "What `t.js` tells can be switched off for each write key:",
            "",
            *_table(("key", "what"), ((f"`{key}`", text) for key, text in AUTOMATIC.items())),
            "## Events of Trellis",
            "",
            *_table(("name", "meaning"), SYSTEM_EVENTS.items()),
        ],
    )


_SHAPES = {
    "one": "one value",
    "many": "a list of values",
    "pair": "`[from, to]`",
    "span": '`{"n": 14, "unit": "day"}`',
    "period": "`last_month` and the like",
    "window": "a window",
    "count": "a whole number from 0",
    "counts": "`[from, to]` in whole numbers",
    "amount": "a number",
    "pattern": "a regular expression",
    "wild": "text with `*` and `?`",
    "weekdays": "`mon` to `sun`",
    "months": "1 to 12",
    "share": "`[from, to]` in percent",
    "none": "none",
}


_MESSAGES = (
    "`sent`, `delivered`, `opened` and `clicked` (by people, not by programs that check mails),"
    " `bounced`, `skipped`, `failed`, `unsubscribed`; `of`: `template`, `channel`, and for"
    " clicks `link` (a part of the address), for bounces `type`, for skipped ones `reason`"
)


def rules() -> str:
    """Groups, fields and operators."""
    from trellis.rules.operators import OPERATORS
    from trellis.rules.registry import STATIC
    from trellis.rules.types import ANCHORS, PERIODS

    fields = [(f"`{item.key}`", item.type, str(item.label)) for item in STATIC]
    fields += [
        ("`contact.tags`", "list", "tags, by key"),
        ("`attr.<key>`", "as defined", "a custom attribute"),
        ("`company.attr.<key>`", "as defined", "a custom attribute of the company"),
        ("`score`, `score.<bucket>`", "number", "points of the default score model"),
        ("`temperature`", "choice", "`cold`, `warm` or `hot`"),
        ("`grade`", "choice", "`A1` to `C3`"),
        ("`temperature.since`", "date", "since when it has had this temperature"),
        ("`stage`", "choice", "stage of the default line; `stage.<line>` of another"),
        ("`stage.since`", "date", "since when it stands there; `stage.since.<line>`"),
        ("`lead.owner`", "choice", "who owns the lead (email); `lead.owner.<line>`"),
        ("`lead.value`", "number", "value of the lead; `lead.value.<line>`"),
        (
            "`lead.outcome`",
            "choice",
            "`open`, `won`, `lost` or `disqualified`; `lead.outcome.<line>`",
        ),
        ("`segment`", "segment", "membership of segments, by key"),
        ("`signal.<key>`", "signal", "how often, how much and when somebody did something"),
        ("`message.<what>`", "signal", _MESSAGES),
        (
            "`blocked.email`",
            "choices",
            "why no marketing email may be sent: `hard_bounce`, `complaint`, `soft_bounces`"
            " (too many in a row), `recipient_refused`, `unsubscribed` (the newest word on"
            " marketing is a no); `blocked.email.at`: since when, the newest of them",
        ),
        ("`form.submitted`", "signal", "sent a form; `of`: `form`"),
        ("`import.row`", "signal", "stood in an import; `of`: `import` (its number)"),
        (
            "`journey.now`, `.ever`, `.goal`, `.finished`",
            "choices",
            "journeys somebody is in, was in, reached the goal of, finished",
        ),
        ("`journey.message_sent`", "signal", "a journey sent a message; `of`: `journey`"),
        (
            "`touch.first.<what>`, `touch.last.<what>`",
            "",
            "the first and the last arrival: `source` (a source with those under it),"
            " `origin` (`market` or `sales`), `how`, `at`, `page` (landing page), `referrer`,"
            " `utm_source`, `utm_medium`, `utm_campaign`, `utm_term`, `utm_content`",
        ),
        (
            "`touch.any.<what>`",
            "choices, list",
            "the same over all arrivals, without `origin`, `how` and `at`",
        ),
        ("`touch.count`", "number", "number of arrivals"),
        ("`prop.<key>`", "any", "a property of an event; in filters of signals only"),
    ]
    rows = (
        (
            f"`{item.key}`",
            _reading(item),
            ", ".join(sorted(item.types)),
            _SHAPES[item.value],
            f"not `{item.negates}`" if item.negates else _options(item),
        )
        for item in OPERATORS.values()
    )
    intro = _RULES.replace("ANCHORS", ", ".join(f"`{key}`" for key in ANCHORS))
    intro = intro.replace("PERIODS", ", ".join(f"`{key}`" for key in PERIODS))
    return _page(
        "Rules", intro, _sections(("Fields", _field_table(fields)), ("Operators", rows))
    )


_RULES = """A rule is JSON: groups of leaves, nested as needed. Segments, scores, stages, branches and
waits of journeys all use the same language.

```json
{"all": [
  {"field": "contact.country", "op": "eq", "value": "ES"},
  {"field": "signal.viewed-price-list", "op": "count_gte", "value": 2,
   "within": {"n": 14, "unit": "day"}, "not_since": "ordered"},
  {"none": [{"field": "consent.marketing", "op": "not_given", "channel": "email"}]}
]}
```

`all` needs every part, `any` at least one, `none` not a single one. An empty rule or group
matches nobody. A missing value makes every positive operator fail; an operator that negates
another is its exact opposite. Instead of `field` a leaf may name behaviour inline:
`{"event": {"type": "page", "name": "Page Viewed", "filter": RULE}, "op": "count_gte", "value": 2}`;
saving it makes the signal and counts it from the log. So do fields of behaviour by their own
name: `message.clicked`, `form.submitted`.

**Lengths of time** are `{"n": 14, "unit": "day"}`; units are `day`, `week`, `month`, `year`.
Months and years are those of the calendar, clamped at their end; weeks begin on Monday.

**Days** are `"2026-11-23"`, `"today"`, `"yesterday"`, `"tomorrow"`, or counted from an anchor:
`{"day": "today", "n": -3, "unit": "day"}` is three days ago, `{"day": "month_start", "n": -1,
"unit": "day"}` the last day of the previous month. Anchors: ANCHORS.

**Periods** are PERIODS.

**Windows** (`within`) are whole days of the instance's time zone: a length of time back from
today, `{"from": DAY, "to": DAY}` (both included, either may be left out), or
`{"during": PERIOD}`. Hours are refused: behaviour is counted by the day.

**Yearly** operators ask for the day and month of a date: birthdays, anniversaries, renewals.
29 February returns on the 28th of shorter years. "Seven days before the birthday" is
`{"op": "yearly_on", "value": {"day": "today", "n": 7, "unit": "day"}}`.

**Options** of a leaf, beside field, operator and value:

- `within`: the window of behaviour.
- `not_since`: and the signal named has not happened after the last time of this one.
- `after`: the last time lies after the first time of the signal named.
- `by`: the signal that follows. `followed` asks whether some time in the window was followed
  by it within the length of time; `not_followed` whether some time was not, and the time for
  it is over. On the same day the hours decide; beyond that, days count.
- `same`: with `by`, a property whose value must be the same in both: `{"field":
  "signal.product-viewed", "op": "followed", "by": "order-completed", "same": "product_id",
  "value": {"n": 14, "unit": "day"}, "not_since": "product-viewed"}` finds who viewed a product,
  bought the same one within 14 days, and has not viewed it since. Of `products`, the list in
  events of shops, each is looked at. With `followed`, `not_since` counts from the last time of `by`.
- `of`: narrows behaviour: `{"field": "message.clicked", "op": "did", "of": {"template":
  ["welcome"]}}`.
- `for`: it has been so for at least a length of time: stage, temperature, segment, consent,
  attributes (the value named has stood there so long, however often it was said again), and
  scores: the comparison held at the end of every day. Before its first day a score was zero.
- `channel`: of a consent.
- `zone`: `"contact"` reads a time as a day of the contact's own zone, where it has one. What
  is relative to today stays relative to the instance's day.
- `salt`: tells random shares apart: contacts in one share are spread evenly over another.

A `random` share is fixed for a contact and a salt: `{"field": "random", "op": "in_share",
"value": [0, 20], "salt": "spring"}` holds for about 20 % of all, always the same ones.
Averages are sums divided by how often it happened."""


def _reading(item: Any) -> str:
    if item.date_label is None:
        return str(item.label)
    return f"{item.label}; of dates: {item.date_label}"


def _options(item: Any) -> str:
    options = (["`within`"] if item.windowed else []) + (
        ["`not_since`, `after`"] if item.ordered else []
    )
    options += ["`not_since`"] if item.renounced else []
    return ", ".join(options + (["`by` (needed), `same`"] if item.paired else []))


def _field_table(fields: list[tuple[str, str, str]]) -> list[str]:
    return list(_table(("field", "type", "meaning"), fields))


def _sections(
    fields: tuple[str, list[str]], operators: tuple[str, Iterable[Iterable[object]]]
) -> Iterator[str]:
    yield from (f"## {fields[0]}", "", *fields[1])
    yield from (f"## {operators[0]}", "")
    yield from _table(("operator", "reads as", "types", "value", "options"), operators[1])


def journeys() -> str:
    """The language of journeys: head, triggers and every kind of step."""
    from trellis.journeys.definition import schema
    from trellis.journeys.registry import STEPS

    found = schema()
    parts = found["$defs"]
    lines = ["## Head", "", *_settings_table(found)]
    for name in (*_triggers(parts), "ReEntry"):
        about = " ".join(str(parts[name]["description"]).replace("``", "`").split())
        lines += [f"## {name}", "", about, ""]
        lines += _settings_table(parts[name])
    for kind in STEPS.values():
        lines += [f"## Step `{kind.key}`", "", kind.about, ""]
        table = parts["Way"] if kind.branches else parts[kind.settings.__name__]
        lines += ["A list of ways:", ""] if kind.branches else []
        lines += _settings_table(table) if table["properties"] else ["No settings: `{}`.", ""]
    return _page("Journeys", _JOURNEYS, lines)


def _triggers(parts: Mapping[str, Any]) -> list[str]:
    return sorted((name for name in parts if name.endswith("Trigger")), key=len)


def _settings_table(part: Mapping[str, Any]) -> list[str]:
    required = set(part.get("required", ()))
    rows = (
        (
            f"`{key}`",
            _type(value),
            "yes" if key in required else "",
            value.get("description", ""),
        )
        for key, value in part["properties"].items()
    )
    return list(_table(("field", "type", "required", "meaning"), rows))


_JOURNEYS = """A journey is written as YAML (or JSON). A text is checked as a whole, and every fault is told
with its line. Publishing makes an immutable version; runs stay on the version in which they
began. Rules are those of [rules.md](rules.md).

```yaml
key: master-class
name: Pastry master class
entry:
  - form: master-class
  - event: {type: page, filter: {all: [{field: prop.path, op: starts_with, value: /master}]}}
re_entry: {mode: after, days: 30}
goal_on:
  - event: {name: Order Completed}
exit: {field: contact.country, op: eq, value: FR}
steps:
  - {id: hello, send: {template: master-class-1}}
  - id: read
    wait:
      event: {type: system, name: Message Opened}
      timeout: 3 days
  - id: split
    branch:
      - name: local
        when: {field: contact.city, op: eq, value: Barcelona}
        steps:
          - {id: invite, send: {template: open-day, expires: 2 days}}
      - name: otherwise
        steps:
          - {id: online, send: {template: online-class}}
  - {id: monday, wait: {for: 2 days, until_time: "09:00", weekdays: [mon]}}
  - {id: up, stage: {to: mql}}
```

Only plain YAML is read: no tags, anchors or aliases; `no` and `10:30` are words; at most 64 KB,
200 steps, branches nested 8 deep. A length of time is a number and minutes, hours, days or
weeks, such as `36 hours` or `1 day 12 hours`. Each step has an `id` of its own and exactly one
kind. A branch's steps lead on to the step after the branch."""


def api() -> str:
    """Every endpoint of the REST API, from its OpenAPI."""
    from trellis.api.app import api as rest

    schema = rest.get_openapi_schema()
    schemas = schema["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).extend(_operation(method, path, operation, schemas))
    lines = [line for tag, part in by_tag.items() for line in (f"## {tag}", "", *part)]
    return _page("REST API", _API, lines)


_API = """The same objects and actions as the staff pages. The machine-readable description stands at
`/api/v1/openapi.json`, a page to try it at `/api/v1/docs`.

- **Key**: `Authorization: Bearer ak_…`; its scopes are rights such as `contacts.read`.
- **Pages**: lists take `limit` and `cursor`, and answer `next_cursor`.
- **Repeats**: send `Idempotency-Key` with a writing call, and a repeat is answered as the first
  time and done once.
- **Errors** are problem details (RFC 9457): `code` for programs, `detail` for people."""


def _operation(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    yield f"### {method.upper()} {path}"
    yield ""
    texts = (operation.get("summary", ""), operation.get("description", ""))
    yield " ".join(text.strip().rstrip(".") + "." for text in texts if text.strip())
    yield ""
    rows = [
        (f"`{item['name']}`", item["in"], _type(item["schema"]), item.get("description", ""))
        for item in operation.get("parameters", ())
    ]
    if rows:
        yield from _table(("parameter", "in", "type", "meaning"), rows)
    if body := _body(operation.get("requestBody", {})):
        yield from _fields("Body", body, schemas)
    for status, answer in operation.get("responses", {}).items():
        if str(status).startswith("2") and (found := _body(answer)):
            yield from _fields(f"Answer {status}", found, schemas)


def _body(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    for content in holder.get("content", {}).values():
        found: Mapping[str, Any] = content.get("schema", {})
        return found
    return {}


def _fields(title: str, body: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield f"{title}: {_type(body)}"
    yield ""
    name = body.get("$ref", body.get("items", {}).get("$ref", "")).rpartition("/")[2]
    found = schemas.get(name, {})
    required = set(found.get("required", ()))
    rows = [
        (
            f"`{key}`",
            _type(value),
            "yes" if key in required else "",
            value.get("description", ""),
        )
        for key, value in found.get("properties", {}).items()
    ]
    if rows:
        yield from _table(("field", "type", "required", "meaning"), rows)


def _type(schema: Mapping[str, Any]) -> str:
    if ref := schema.get("$ref"):
        return str(ref).rpartition("/")[2]
    if kinds := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(kind) for kind in kinds)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if values := schema.get("enum"):
        return ", ".join(f"`{value}`" for value in values)
    if "const" in schema:
        return f"`{schema['const']}`"
    return str(schema.get("format") or schema.get("type") or "any")


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings,
    "cli.md": cli,
    "events.md": events,
    "rules.md": rules,
    "journeys.md": journeys,
    "api.md": api,
}
"""File below docs/reference → what writes it."""


def main() -> int:
    """Write all pages."""
    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
