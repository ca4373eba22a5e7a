"""What rules can read of arrivals: the first, the last, and any."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from trellis.rules.registry import PROVIDERS, Choice, Field, Join
from trellis.rules.types import CHOICE, CHOICES, DATE, LIST, NUMBER, TEXT
from trellis.sources.attribute import UTM
from trellis.sources.models import Source

_GROUP = _("Where they came from")

_ONE = (
    "LEFT JOIN (SELECT DISTINCT ON (x.contact_id) x.contact_id, x.source_id::int AS source_id,"
    " x.at, x.how, x.utm, x.page, x.referrer FROM touch x WHERE {scope}"
    " ORDER BY x.contact_id, x.at {order}, x.touch_id {order}) {alias}"
    " ON {alias}.contact_id = c.contact_id"
)
_ALL = (
    "LEFT JOIN (SELECT x.contact_id, count(*) AS n,"
    " array_agg(DISTINCT x.source_id::int) FILTER (WHERE x.source_id IS NOT NULL) AS sources,"
    " {lists} FROM touch x WHERE {scope} GROUP BY x.contact_id) ta"
    " ON ta.contact_id = c.contact_id"
)
_LISTS = {
    **{name: f"x.utm ->> '{name}'" for name in UTM},
    "page": "x.page",
    "referrer": "x.referrer",
}
_WAYS = (
    Choice("form", _("a form"), "form"),
    Choice("import", _("an import"), "import"),
    Choice("campaign", _("a campaign link"), "campaign"),
    Choice("visit", _("a visit from another site"), "visit"),
    Choice("first", _("unknown ways"), "first"),
)
_UTM_WORDS: dict[str, Promise] = {
    "utm_source": _("campaign source"),
    "utm_medium": _("campaign medium"),
    "utm_campaign": _("campaign"),
    "utm_term": _("campaign term"),
    "utm_content": _("campaign content"),
}


def _one(alias: str, order: str) -> Join:
    text = _ONE.replace("{alias}", alias).replace("{order}", order)
    return Join(alias, text, "x.contact_id")


FIRST, LAST = _one("tf", "ASC"), _one("tl", "DESC")
EVERY = Join(
    "ta",
    _ALL.replace(
        "{lists}",
        ", ".join(
            f"coalesce(jsonb_agg(DISTINCT {sql}) FILTER (WHERE {sql} <> ''), '[]') AS {name}"
            for name, sql in _LISTS.items()
        ),
    ),
    "x.contact_id",
)


def provide() -> Iterable[Field]:
    """The first and the last arrival, and lists over all of them."""
    rows = list(Source.objects.order_by("parent_id", "name"))
    under: dict[int, list[int]] = {}
    for row in rows:
        under.setdefault(row.parent_id or 0, []).append(row.pk)
    tree = tuple(
        Choice(row.key, row.name, row.pk, also=tuple(under.get(row.pk, ()))) for row in rows
    )
    kinds = tuple(
        Choice(key, label, -number, also=tuple(row.pk for row in rows if row.origin == key))
        for number, (key, label) in enumerate(
            (("market", _("the market")), ("sales", _("sales"))), start=1
        )
    )
    yield from _of_one("first", _("first arrival"), FIRST, tree, kinds)
    yield from _of_one("last", _("last arrival"), LAST, tree, kinds)
    yield from _of_all(tree)


def _of_one(
    key: str, label: Promise, join: Join, tree: tuple[Choice, ...], kinds: tuple[Choice, ...]
) -> Iterable[Field]:
    alias = join.alias
    for name, words, kind, column, choices in (
        ("source", _("source"), CHOICE, "source_id", tree),
        ("origin", _("market or sales"), CHOICE, "source_id", kinds),
        ("how", _("through"), CHOICE, "how", _WAYS),
        ("page", _("page"), TEXT, "page", None),
        ("referrer", _("referrer"), TEXT, "referrer", None),
    ):
        yield Field(
            f"touch.{key}.{name}",
            format_lazy("{}: {}", label, words),
            kind,
            f"{alias}.{column}",
            choices=choices,
            group=_GROUP,
            join=join,
        )
    yield Field(
        f"touch.{key}.at",
        format_lazy("{}: {}", label, _("day")),
        DATE,
        f"{alias}.at",
        zoned=True,
        group=_GROUP,
        join=join,
    )
    for name in UTM:
        yield Field(
            f"touch.{key}.{name}",
            format_lazy("{}: {}", label, _UTM_WORDS[name]),
            TEXT,
            f"{alias}.utm",
            json_key=name,
            group=_GROUP,
            join=join,
        )


def _of_all(tree: tuple[Choice, ...]) -> Iterable[Field]:
    label = _("any arrival")
    words = {**_UTM_WORDS, "page": _("page"), "referrer": _("referrer")}
    yield Field(
        "touch.any.source",
        format_lazy("{}: {}", label, _("source")),
        CHOICES,
        "ta.sources",
        choices=tree,
        group=_GROUP,
        join=EVERY,
    )
    yield Field(
        "touch.count",
        _("number of arrivals"),
        NUMBER,
        "coalesce(ta.n, 0)",
        group=_GROUP,
        join=EVERY,
    )
    for name in _LISTS:
        yield Field(
            f"touch.any.{name}",
            format_lazy("{}: {}", label, words[name]),
            LIST,
            f"ta.{name}",
            group=_GROUP,
            join=EVERY,
        )


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("sources", provide)
