"""Keys: made, found, used, revoked; refused where they must be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from trellis.accounts import keys
from trellis.accounts.access import actor_of_key
from trellis.accounts.models import Key
from trellis.accounts.types import RIGHTS, SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def test_the_token_of_an_api_key_is_not_stored():
    key, token = keys.create(SYSTEM, "api", "Shop", ["contacts.read"])
    assert token.startswith("ak_")
    assert key.token == ""
    assert token not in {key.prefix, key.token_hash}
    assert keys.find(token) == key


def test_a_write_key_keeps_its_token_because_pages_show_it():
    key, token = keys.create(SYSTEM, "write", "Website")
    assert key.token == token
    assert actor_of_key(key).rights == frozenset()


def test_an_api_key_has_the_rights_of_its_scopes_only():
    key, _ = keys.create(SYSTEM, "api", "Shop", ["contacts.read", "events.read"])
    assert actor_of_key(key).rights == {"contacts.read", "events.read"}


@pytest.mark.parametrize(
    ("kind", "name", "scopes"),
    [
        ("master", "Shop", []),
        ("api", "  ", []),
        ("api", "Shop", ["contacts.everything"]),
        ("write", "Shop", ["contacts.read"]),
    ],
)
def test_bad_keys_are_refused(kind, name, scopes):
    with pytest.raises(InvalidInput):
        keys.create(SYSTEM, kind, name, scopes)
    assert not Key.objects.exists()


def test_nobody_gives_a_key_a_right_they_lack():
    actor = Actor(kind="user", id=1, name="Ann", rights=RIGHTS - {"contacts.erase"})
    with pytest.raises(Forbidden):
        keys.create(actor, "api", "Shop", ["contacts.erase"])


@pytest.mark.parametrize("token", ["", "ak_unknown", "x" * 5000, "ключ"])
def test_an_unknown_token_finds_nothing(token):
    assert keys.find(token) is None


def test_a_revoked_key_is_not_found_and_revoking_again_changes_nothing():
    key, token = keys.create(SYSTEM, "api", "Shop", [])
    at = keys.revoke(SYSTEM, key.pk).revoked_at
    assert keys.find(token) is None
    assert keys.revoke(SYSTEM, key.pk).revoked_at == at


def test_revoking_an_unknown_key_says_so():
    with pytest.raises(NotFound):
        keys.revoke(SYSTEM, 404)


def test_use_is_noted_once_a_minute():
    key, _ = keys.create(SYSTEM, "api", "Shop", [])
    first = clock.now()
    keys.used(key, first)
    key.refresh_from_db()
    keys.used(key, first + timedelta(seconds=30))
    key.refresh_from_db()
    assert key.last_used_at == first
    keys.used(key, first + timedelta(seconds=61))
    key.refresh_from_db()
    assert key.last_used_at == first + timedelta(seconds=61)
