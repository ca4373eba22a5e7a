"""Every table has its place: led by contact_id, a small reference, or local."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

LOOK_UPS = {"identity": "distributed by value; contact_identity is its mirror"}
LOCAL = {
    "trap_mail": "a sandbox's mail, never distributed",
    "accounts_notice": "what each user should know, kept with the users",
    "people_identityconflict": "a short queue for people, kept local",
}


def _primary_key(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_index i"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indrelid = %s::regclass AND i.indisprimary"
            " ORDER BY array_position(i.indkey::int2[], a.attnum)",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def _tables_of_people() -> list[str]:
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if model.__module__.startswith("trellis.")
        and any(field.name == "contact_id" for field in model._meta.get_fields())
        and model._meta.db_table not in LOOK_UPS
        and model._meta.db_table not in LOCAL
    )


@pytest.mark.django_db
@pytest.mark.parametrize("table", _tables_of_people())
def test_tables_about_people_are_led_by_contact_id(table: str) -> None:
    assert _primary_key(table)[0] == "contact_id"


@pytest.mark.django_db
@pytest.mark.parametrize("table", _tables_of_people())
def test_unique_constraints_about_people_are_led_by_contact_id(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes"
            " WHERE tablename = %s AND indexdef LIKE 'CREATE UNIQUE%%'",
            [table],
        )
        definitions = [row[0] for row in cursor.fetchall()]
    assert definitions
    for definition in definitions:
        assert "(contact_id" in definition
