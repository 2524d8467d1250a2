"""What each kind of caller may do for the partner or vendor it belongs to."""

import pytest

from app.domain.people import SCOPES, STAFF, SYSTEM, Actor, Right, Role
from app.domain.states import MemberRole

MEMBERS = {
    MemberRole.owner: (True, True, True),
    MemberRole.buyer: (True, False, False),
    MemberRole.viewer: (False, False, False),
    MemberRole.uploader: (False, False, False),
}


@pytest.mark.parametrize("member", MemberRole)
def test_member_buys_manages_and_owns_as_its_role_says(member: MemberRole) -> None:
    actor = Actor(Role.client, 7, partner_id=3, member=member)

    found = (actor.may_buy, actor.may_manage, actor.owns_account)
    assert found == MEMBERS[member]
    assert Right.read in actor.rights


def test_key_may_what_it_was_made_for_and_nothing_else() -> None:
    actor = Actor(Role.client, partner_id=3, key_id=9, scopes=frozenset({Right.buy}))

    assert (actor.may_buy, actor.may_manage, actor.owns_account) == (True, False, False)
    assert actor.label == "key:9"
    assert not actor.is_system
    assert not actor.is_staff


def test_nobody_gives_a_key_the_right_to_make_keys() -> None:
    assert all(Right.own not in scopes for scopes in SCOPES.values())


def test_who_belongs_to_no_side_has_no_rights_of_a_member() -> None:
    for actor in (SYSTEM, *(Actor(role, 1) for role in STAFF), Actor(Role.client, 5)):
        assert not actor.rights


def test_vendors_owner_does_not_buy() -> None:
    actor = Actor(Role.vendor, 7, vendor_id=3, member=MemberRole.owner)

    assert not actor.may_buy
    assert actor.owns_account
