"""The devices that people come with, as rules read them: noted where a visit begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from trellis.core import db, sql
from trellis.rules.registry import PERSON, Choice, Field, Join
from trellis.rules.types import CHOICES, LIST

_SQL = sql.load(__package__, "devices")


class Came(NamedTuple):
    """That a contact came at a time, with what."""

    contact_id: int
    form: str
    os: str
    browser: str
    language: str
    at: datetime


def note(visits: Sequence[Came]) -> None:
    """Remember what visits began with. Their contacts are locked by the caller."""
    seen = [visit for visit in visits if any(visit[1:5])]
    if seen:
        db.run(_SQL["note"], [list(column) for column in zip(*seen, strict=True)])


FORMS = (
    Choice("phone", _("smartphone"), "phone"),
    Choice("tablet", _("tablet"), "tablet"),
    Choice("desktop", _("desktop"), "desktop"),
)


def _list(column: str) -> str:
    return f"jsonb_agg(DISTINCT x.{column}) FILTER (WHERE x.{column} <> '') AS {column}"


_DEVICES = Join(
    "dv",
    "LEFT JOIN (SELECT x.contact_id,"
    " array_agg(DISTINCT x.form) FILTER (WHERE x.form <> '') AS form,"
    f" {_list('os')}, {_list('browser')}, {_list('language')}"
    " FROM contact_device x WHERE {scope} GROUP BY x.contact_id) dv"
    " ON dv.contact_id = c.contact_id",
    "x.contact_id",
)


def fields() -> Iterable[Field]:
    """Sets of all that a contact ever came with."""
    yield Field(
        "contact.device",
        _("device"),
        CHOICES,
        "dv.form",
        choices=FORMS,
        group=PERSON,
        join=_DEVICES,
    )
    for key, label, column in (
        ("contact.os", _("operating system"), "dv.os"),
        ("contact.browser", _("browser"), "dv.browser"),
        ("contact.device_language", _("language of the device"), "dv.language"),
    ):
        yield Field(key, label, LIST, column, group=PERSON, join=_DEVICES)
