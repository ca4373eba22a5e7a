"""Users: who may change them, and what is never possible."""

from __future__ import annotations

import pytest

from trellis.accounts import actions
from trellis.accounts.models import Audit, Role, User
from trellis.accounts.registry import ROLE_RIGHTS
from trellis.accounts.types import SYSTEM
from trellis.core.errors import Conflict, Forbidden, InvalidInput

pytestmark = pytest.mark.django_db
PASSWORD = "croissant-at-dawn"


def admin() -> User:
    made = actions.first_admin("Ada@Example.org", PASSWORD)
    assert made is not None
    return made[0]


def test_every_role_has_rights_and_a_viewer_changes_nothing():
    assert set(ROLE_RIGHTS) == set(Role.values)
    assert all(right.endswith(".read") for right in ROLE_RIGHTS["viewer"])


def test_the_first_admin_is_made_once_with_a_lower_case_address():
    ada = admin()
    assert (ada.email, ada.role, ada.check_password(PASSWORD)) == (
        "ada@example.org",
        "admin",
        True,
    )
    assert actions.first_admin("eve@example.org", PASSWORD) is None
    assert User.objects.count() == 1


def test_the_first_admin_gets_a_made_up_password_where_none_is_given():
    made = actions.first_admin("ada@example.org")
    assert made is not None
    user, secret = made
    assert len(secret) >= 12
    assert user.check_password(secret)


def test_adding_a_user_is_audited_with_the_actor_and_without_the_password():
    ada = admin()
    bob = actions.add_user(
        actions.actor_of(ada), "bob@example.org", name="Bob", role="sales", password=PASSWORD
    )
    line = Audit.objects.get(action="user.add", object_id=str(bob.pk))
    assert line.actor == f"user:{ada.pk} ada@example.org"
    assert PASSWORD not in f"{line.summary}{line.change}"


def test_a_salesperson_may_not_add_users():
    bob = actions.add_user(
        SYSTEM, "bob@example.org", name="Bob", role="sales", password=PASSWORD
    )
    with pytest.raises(Forbidden) as caught:
        actions.add_user(
            actions.actor_of(bob), "eve@example.org", name="", role="admin", password=PASSWORD
        )
    assert caught.value.data == {"right": "users.manage"}


@pytest.mark.parametrize(
    ("email", "role", "password"),
    [
        ("not an address", "sales", PASSWORD),
        ("bob@example.org", "emperor", PASSWORD),
        ("bob@example.org", "sales", "short"),
        ("bob@example.org", "sales", "password123"),
    ],
)
def test_bad_values_are_refused(email, role, password):
    with pytest.raises(InvalidInput):
        actions.add_user(SYSTEM, email, name="Bob", role=role, password=password)
    assert not User.objects.exists()


def test_two_users_cannot_share_an_address():
    admin()
    with pytest.raises(Conflict):
        actions.add_user(SYSTEM, "ADA@example.org", name="", role="viewer", password=PASSWORD)


def test_the_last_administrator_keeps_role_and_access():
    ada = admin()
    with pytest.raises(Conflict):
        actions.set_role(SYSTEM, ada.pk, "viewer")
    with pytest.raises(Conflict):
        actions.deactivate(SYSTEM, ada.pk)
    actions.add_user(SYSTEM, "eve@example.org", name="", role="admin", password=PASSWORD)
    assert actions.set_role(SYSTEM, ada.pk, "viewer").role == "viewer"


def test_a_deactivated_user_has_no_rights_and_gets_them_back():
    bob = actions.add_user(
        SYSTEM, "bob@example.org", name="Bob", role="marketer", password=PASSWORD
    )
    assert actions.actor_of(actions.deactivate(SYSTEM, bob.pk)).rights == frozenset()
    assert actions.actor_of(actions.reactivate(SYSTEM, bob.pk)).may("journeys.publish")


def test_one_may_set_the_own_password_but_not_anothers():
    ada = admin()
    bob = actions.add_user(
        SYSTEM, "bob@example.org", name="Bob", role="sales", password=PASSWORD
    )
    actions.set_password(actions.actor_of(bob), bob.pk, "baguette-at-noon")
    bob.refresh_from_db()
    assert bob.check_password("baguette-at-noon")
    with pytest.raises(Forbidden):
        actions.set_password(actions.actor_of(bob), ada.pk, "baguette-at-noon")
