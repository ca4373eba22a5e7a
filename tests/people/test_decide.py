"""Who is meant: the rules of identity, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from trellis.people.decide import Decider, Found, Person
from trellis.people.types import Claim, Ident


def user(value: str) -> Ident:
    return ("user_id", value)


def email(value: str) -> Ident:
    return ("email", value)


def phone(value: str) -> Ident:
    return ("phone", value)


def device(value: str) -> Ident:
    return ("anonymous_id", value)


class World:
    """Claims one after the other over one decider, which starts with an empty database."""

    def __init__(self) -> None:
        self.decider = Decider({}, {}, {})
        self.tick = 0.0

    def claim(self, *ids: Ident, previous: Ident | None = None) -> Person:
        self.tick += 1
        person = self.decider.place(Claim(self.tick, ids, 0, previous))
        assert person is not None
        return person


def test_a_visitor_who_names_herself_stays_the_same_contact() -> None:
    world = World()
    visitor = world.claim(device("d"))
    assert not visitor.known
    assert world.claim(email("a@x.io"), device("d")).root is visitor.root
    assert visitor.root.known


def test_a_visitor_joins_the_known_contact_whose_email_she_gives() -> None:
    world = World()
    known = world.claim(email("a@x.io"))
    visitor = world.claim(device("d"))
    assert world.claim(email("a@x.io"), device("d")).root is known.root
    assert visitor.root is known.root


def test_two_people_on_one_device_stay_two_and_the_device_names_nobody() -> None:
    world = World()
    ana = world.claim(email("ana@x.io"), device("d"))
    ben = world.claim(email("ben@x.io"), device("d"))
    later = world.claim(device("d"))
    assert len({ana.root, ben.root, later.root}) == 3
    assert not later.root.known
    assert world.claim(device("d")).root is later.root
    assert world.claim(email("ana@x.io"), device("d")).root is ana.root


def test_a_new_user_id_joins_the_contact_that_has_the_email() -> None:
    world = World()
    ana = world.claim(email("ana@x.io"))
    assert world.claim(user("1"), email("ana@x.io")).root is ana.root


def test_two_known_people_become_one_when_a_user_id_says_so() -> None:
    world = World()
    one = world.claim(user("1"))
    two = world.claim(email("ana@x.io"))
    world.claim(user("1"), email("ana@x.io"))
    assert one.root is two.root
    assert one.root is one, "the oldest survives"


def test_two_user_ids_are_never_one_person() -> None:
    world = World()
    one = world.claim(user("1"), email("ana@x.io"))
    two = world.claim(user("2"), email("ana@x.io"))
    assert one.root is not two.root
    assert [reason for _, _, reason in world.decider.clashes.values()] == ["other_person"]


def test_two_known_people_named_without_a_user_id_are_kept_apart() -> None:
    world = World()
    one = world.claim(email("ana@x.io"))
    two = world.claim(phone("+34600111222"))
    both = world.claim(email("ana@x.io"), phone("+34600111222"))
    assert both.root is one.root
    assert two.root is not one.root
    assert [reason for _, _, reason in world.decider.clashes.values()] == ["no_user_id"]


def test_another_email_with_a_known_phone_is_another_person() -> None:
    world = World()
    ana = world.claim(email("ana@x.io"), phone("+34600111222"))
    ben = world.claim(email("ben@x.io"), phone("+34600111222"))
    assert ana.root is not ben.root


def test_a_second_email_of_a_user_id_belongs_to_the_same_person() -> None:
    world = World()
    ana = world.claim(user("1"), email("ana@x.io"))
    assert world.claim(user("1"), email("ana@home.io")).root is ana.root
    assert world.claim(email("ana@home.io")).root is ana.root


def test_an_alias_joins_what_came_before_it() -> None:
    world = World()
    visitor = world.claim(device("d"))
    assert world.claim(user("1"), previous=device("d")).root is visitor.root
    old = world.claim(user("old"))
    new = world.claim(user("new"), previous=user("old"))
    assert old.root is new.root


def test_an_alias_does_not_join_a_person_with_yet_another_user_id() -> None:
    world = World()
    world.claim(user("old"), previous=user("older"))
    other = world.claim(user("old"))
    new = world.claim(user("new"), previous=user("old"))
    assert new.root is not other.root


def test_a_contact_that_is_gone_gets_nothing() -> None:
    assert Decider({}, {}, {}).place(Claim(1.0, (), 5)) is None


PEOPLE = [
    (user("1"), (email("a@x.io"), email("b@x.io"), phone("+34600000001"))),
    (user("2"), (email("c@x.io"), phone("+34600000002"))),
    (user("3"), (email("d@x.io"),)),
]
DEVICES = [device("d1"), device("d2")]


@st.composite
def honest_claims(draw: st.DrawFn) -> tuple[Ident, ...]:
    """What clients say where each user id has its own emails and phones: a user id with
    any of its identities, or one identity alone, or none; from any device or none."""
    who, own = draw(st.sampled_from(PEOPLE))
    shape = draw(st.sampled_from(["user", "alone", "anonymous"]))
    where = draw(st.sampled_from([(), *[(d,) for d in DEVICES]]))
    if shape == "anonymous":
        return (draw(st.sampled_from(DEVICES)),)
    if shape == "alone":
        return (draw(st.sampled_from(own)), *where)
    return (who, *draw(st.lists(st.sampled_from(own), max_size=2, unique=True)), *where)


def partition(claims: Sequence[tuple[Ident, ...]]) -> set[frozenset[Ident]]:
    """The strong identities, grouped by contact, after these claims in this order."""
    world = World()
    for ids in claims:
        world.claim(*ids)
    groups: dict[int, set[Ident]] = {}
    for ident, person in world.decider.attached.items():
        if ident[0] != "anonymous_id":
            groups.setdefault(person.root.id, set()).add(ident)
    return {frozenset(group) for group in groups.values()}


@given(st.lists(honest_claims(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_decide_who_is_one(
    claims: list[tuple[Ident, ...]], random: object
) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as Random
    assert partition(claims) == partition(shuffled)


any_ids = st.lists(
    st.sampled_from([*DEVICES, *[i for who, own in PEOPLE for i in (who, *own)]]),
    min_size=1,
    max_size=4,
    unique=True,
)


@given(st.lists(any_ids, max_size=12))
def test_whatever_is_claimed_no_contact_has_two_user_ids(claims: list[list[Ident]]) -> None:
    one_user = [ids for ids in claims if sum(kind == "user_id" for kind, _ in ids) < 2]
    for group in partition([tuple(ids) for ids in one_user]):
        assert sum(kind == "user_id" for kind, _ in group) < 2


@given(st.lists(any_ids, max_size=12))
def test_a_known_contact_keeps_each_identity_it_has(claims: list[list[Ident]]) -> None:
    world = World()
    owners: dict[Ident, Person] = {}
    for ids in claims:
        world.claim(*ids)
        for ident, person in owners.items():
            assert world.decider.attached[ident].root is person.root
        owners = {i: p for i, p in world.decider.attached.items() if i[0] != "anonymous_id"}


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(DEVICES)), max_size=10))
def test_devices_never_join_known_people(
    visits: list[tuple[tuple[Ident, tuple[Ident, ...]], Ident]],
) -> None:
    claims = [(who, where) for (who, _), where in visits]
    assert all(len(group) == 1 for group in partition(claims))


def test_a_stored_contact_survives_a_new_one() -> None:
    decider = Decider({email("a@x.io"): Found(7, True, False)}, {}, {7: {"email": {"a@x.io"}}})
    new = decider.place(Claim(1.0, (user("1"),)))
    both = decider.place(Claim(2.0, (user("1"), email("a@x.io"))))
    assert new is not None
    assert both is not None
    assert both.root.id == new.root.id == 7
