"""Puts the demo company's definitions in place, ready to be computed from.

Signals, segments, score rules and stage rules are written as live at once: the loader
computes everything from the log itself, so no back-fill or build needs to follow.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from trellis.accounts import actions as accounts
from trellis.accounts import keys
from trellis.accounts.models import KeyKind, User
from trellis.accounts.types import SYSTEM
from trellis.capture.forms import actions as forms
from trellis.cli.demo import definitions as given
from trellis.cli.demo import leads, letters, shop
from trellis.cli.demo.audiences import SEGMENTS
from trellis.cli.demo.diary import KEYS
from trellis.cli.demo.post import Letter
from trellis.cli.demo.record import References
from trellis.cli.demo.runs import Plan
from trellis.cli.demo.scores import SCORE_MODELS, DemoModel
from trellis.cli.demo.words import COMPANIES
from trellis.core import clock
from trellis.core.models import Instance
from trellis.enrichment import actions as enrichment
from trellis.events import catalogue
from trellis.events.models import Signal
from trellis.journeys import actions as journeys
from trellis.leads.models import Line, Reason, Stage
from trellis.messaging import actions as messaging
from trellis.messaging.actions import TemplateDraft
from trellis.people import company_actions as companies
from trellis.people import tags
from trellis.people.models import Attribute, CompanyAttribute
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.segments.models import Segment
from trellis.sources.models import Source
from trellis.tracking.actions import configure

STAFF = (
    ("marta@farina.example", "Marta Soler", "marketer"),
    ("sergi@farina.example", "Sergi Vila", "supervisor"),
    ("olga@farina.example", "Olga Level", "sales"),
    ("wei@farina.example", "陈伟", "sales"),
    ("guest@farina.example", "Guest", "viewer"),
)
"""Email, name, role; all with ``PASSWORD``."""
TRACKING = {
    "read": 2,
    "clicks": [["nav a", ""], [".brand", "Logo"]],
    "bots": "mark",
    "sites": ["localhost", "127.0.0.1"],
}
"""The demo site counts a page as read after a glance, and shows robots too, since people try
it with robots."""
PASSWORD = "demo-demo-demo"  # noqa: S105  # a sandbox with made-up people; printed on purpose


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What the history refers to."""

    references: References
    letters: dict[str, Letter]
    plans: dict[str, Plan]
    companies: list[int]


def put(epoch: int) -> Setup:
    """Everything the company has defined; call in the transaction that loads the demo."""
    _staff()
    write_key, token = keys.create(SYSTEM, KeyKind.WRITE, "Website")
    configure(SYSTEM, write_key.pk, TRACKING)
    _website(token)
    _attributes()
    _enrichment()
    _signals(epoch)
    _scoring()
    _stages()
    leads.define()
    _segments()
    _forms()
    written = _letters()
    return Setup(
        references=References(
            names=catalogue.numbers(KEYS, clock.now()),
            stages=dict(Stage.objects.filter(line__default=True).values_list("key", "id")),
            won=frozenset(Stage.objects.filter(kind="won").values_list("key", flat=True)),
            reasons=list(
                Reason.objects.filter(kind="lost", line__default=True).values_list("id", "name")
            ),
            model=ScoreModel.objects.get(default=True).pk,
            line_id=Line.objects.get(default=True).pk,
            sources=dict(Source.objects.values_list("key", "id")),
            write_key=write_key.pk,
            epoch=epoch,
        ),
        letters=written,
        plans=_journeys(written),
        companies=_companies(),
    )


def _staff() -> None:
    for email, name, role in STAFF:
        if not User.objects.filter(email=email).exists():
            accounts.add_user(SYSTEM, email, name=name, role=role, password=PASSWORD)


def _website(token: str) -> None:
    instance = Instance.objects.get(id=1)
    instance.name = f"{shop.NAME} (demo)"
    instance.settings["demo_site"] = shop.as_settings(token)
    instance.save(update_fields=["name", "settings"])


def _attributes() -> None:
    Attribute.objects.bulk_create(
        [Attribute(**values) for values in given.ATTRIBUTES], ignore_conflicts=True
    )


def _enrichment() -> None:
    source = enrichment.create(
        SYSTEM, "email_check", "Email check", {"basis": "legitimate_interest"}
    )
    enrichment.turn(SYSTEM, source.pk, True)


def _signals(epoch: int) -> None:
    for key, name, (kind, event), rule, value, bucket in given.SIGNALS:
        Signal.objects.create(
            key=key,
            name=name,
            event_type=kind,
            event_name=event,
            filter=rule,
            value_prop=value,
            bucket=bucket,
            status="live",
            progress=100,
            epoch=epoch,
        )


def _scoring() -> None:
    signals = dict(Signal.objects.values_list("key", "id"))
    for drafted in SCORE_MODELS:
        model = ScoreModel.objects.filter(default=drafted.default).first() or ScoreModel()
        model.default = drafted.default
        model.key, model.name = drafted.key, drafted.name
        model.warm_from, model.hot_from = drafted.warm_from, drafted.hot_from
        model.groups = [dict(group) for group in drafted.groups]
        model.computed_at = clock.now()
        model.save()
        ScoreRule.objects.bulk_create(_score_rules(model, drafted, signals))


def _score_rules(
    model: ScoreModel, drafted: DemoModel, signals: dict[str, int]
) -> list[ScoreRule]:
    rows = [
        ScoreRule(model=model, name=name, bucket=bucket, points=points, rule=rule)
        for name, bucket, points, rule in drafted.by_rule
    ]
    rows += [
        ScoreRule(
            model=model,
            name=name,
            bucket=bucket,
            group=group,
            points=points,
            signal_id=signals[signal],
            cap=cap,
            window_days=window,
            decay_days=decay,
        )
        for name, bucket, group, points, signal, cap, window, decay in drafted.by_signal
    ]
    for place, row in enumerate(rows):
        row.priority = place * 10
    return rows


def _stages() -> None:
    for key, rule in given.STAGE_RULES.items():
        Stage.objects.filter(line__default=True, key=key).update(rule=rule)


def _segments() -> None:
    now = clock.now()
    for key, name, description, rule in SEGMENTS:
        Segment.objects.create(
            key=key,
            name=name,
            description=description,
            rule=rule,
            status="live",
            progress=100,
            built_at=now,
        )


def _forms() -> None:
    for values in given.FORMS:
        said = {name: value for name, value in values.items() if name != "key"}
        form = forms.create(SYSTEM, values["name"], key=values["key"], values=said)
        forms.publish(SYSTEM, form.pk)


def _letters() -> dict[str, Letter]:
    written = {}
    for draft in letters.drafts(settings.TRELLIS_URL):
        version = messaging.save_template(
            SYSTEM,
            TemplateDraft(
                key=draft.key,
                name=draft.name,
                variants=draft.variants,
                from_name=shop.NAME,
                from_email="hola@farina.example",
            ),
        )
        subjects = {locale: words["subject"] for locale, words in draft.variants.items()}
        written[draft.key] = Letter(draft.key, version.pk, subjects)
    return written


def _journeys(written: dict[str, Letter]) -> dict[str, Plan]:
    plans = {}
    for source in letters.journeys():
        journey = journeys.create(SYSTEM, source)
        version = journeys.publish(SYSTEM, journey.pk)
        plans[journey.key] = Plan(journey.key, journey.pk, version.pk, written)
    return plans


def _companies() -> list[int]:
    CompanyAttribute.objects.bulk_create(
        [CompanyAttribute(**values) for values in given.COMPANY_ATTRIBUTES],
        ignore_conflicts=True,
    )
    for name, colour, meaning in given.TAGS:
        tags.create(SYSTEM, name, {"colour": colour, "description": meaning})
    return [
        companies.create(SYSTEM, name, [domain], {**about, "website": f"https://{domain}"}).pk
        for name, domain, about in COMPANIES
    ]
