"""An account's people: invited and looked after by its owners, one of whom stays."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor, Role
from app.domain.states import MemberRole
from app.models.mail import OutgoingMail
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.auth import authenticate
from app.services.resets import reset_password
from app.services.team import change_member, invite, list_team
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM
from tests.factories import count, make_partner, make_vendor
from tests.web.sessions import family_of

NEW = "ada@example.com"


def owner_of(account: Partner | Vendor, name: str = "owner") -> Actor:
    """Make an owner of the account, and return how they act."""
    kind = account.__tablename__
    side = {f"{kind}_id": account.id}
    email = f"{name}-{kind}-{account.id}@example.com"
    user = create_user(email, PASSWORD, kind, SYSTEM, **side)
    role = Role.client if kind == "partner" else Role.vendor
    return Actor(role, user.id, member=MemberRole.owner, **side)


@pytest.fixture(params=[make_partner, make_vendor], ids=["partner", "vendor"])
def owner(request: pytest.FixtureRequest, database: Flask) -> Actor:
    return owner_of(request.param())


def id_of(email: str) -> int:
    query = text("SELECT id FROM ab_user WHERE email = :email")
    return int(db.session.execute(query, {"email": email}).scalar_one())


def test_who_is_invited_chooses_a_password_by_mail_and_belongs_there(
    owner: Actor,
) -> None:
    invite(" Ada@Example.com", "viewer", owner)

    [mail] = db.session.query(OutgoingMail).filter_by(recipient=NEW)
    [token] = re.findall("/reset/#(.+)", mail.body or "")
    reset_password(token, "a fine new password")

    assert authenticate(NEW, "a fine new password") is not None
    [ada] = [one for one in list_team(owner) if one.email == NEW]
    assert (ada.role, ada.is_active) == (MemberRole.viewer, True)
    assert count("audit", "action = 'user.invited'") == 1
    assert count("membership", f"{owner.side} = {getattr(owner, owner.side or '')}") > 1


def test_invitation_outlives_an_hour_and_ends_after_a_week(owner: Actor) -> None:
    invite(NEW, "viewer", owner)

    left = "extract(epoch FROM expires_at - now()) / 86400"
    assert count("reset_token", f"{left} BETWEEN 6.9 AND 7.1") == 1


@pytest.mark.parametrize(
    ("email", "role", "fields"),
    [
        ("nothing", "admin", {"email", "member_role"}),
        (NEW, None, {"member_role"}),
        (None, "viewer", {"email"}),
        ("owner@known.example", "owner", {"email"}),
    ],
)
def test_bad_invitation_is_told_at_its_fields(
    owner: Actor, email: object, role: object, fields: set[str]
) -> None:
    create_user("owner@known.example", PASSWORD, "operator", SYSTEM)

    with pytest.raises(InvalidInput) as refused:
        invite(email, role, owner)

    assert {error.field for error in refused.value.errors} == fields
    assert count("outgoing_mail") == 0


def test_a_role_of_the_other_side_is_refused(database: Flask) -> None:
    with pytest.raises(InvalidInput):
        invite(NEW, "uploader", owner_of(make_partner()))
    with pytest.raises(InvalidInput):
        invite(NEW, "buyer", owner_of(make_vendor()))


def test_a_change_ends_log_ins_and_is_audited(owner: Actor) -> None:
    invite(NEW, "viewer", owner)
    ada = id_of(NEW)
    family_of(ada)

    change_member(ada, "viewer", False, owner)

    assert count("login_family", f"user_id = {ada} AND ended_at IS NULL") == 0
    assert count("ab_user", f"id = {ada} AND NOT active") == 1
    told = text("SELECT before, after FROM audit WHERE action = 'user.changed'")
    db.session.commit()
    [row] = db.session.execute(told)
    assert (row.before, row.after) == ({"active": True}, {"active": False})


def test_nothing_changed_ends_no_log_in(owner: Actor) -> None:
    invite(NEW, "viewer", owner)
    family_of(id_of(NEW))

    change_member(id_of(NEW), "viewer", True, owner)

    assert count("login_family", "ended_at IS NULL") == 1
    assert count("audit", "action = 'user.changed'") == 0


def test_nobody_changes_their_own_place(owner: Actor) -> None:
    with pytest.raises(Conflict):
        change_member(owner.user_id or 0, "viewer", False, owner)


def test_anothers_people_are_as_those_who_are_not_there(owner: Actor) -> None:
    theirs = [owner_of(make_partner()), owner_of(make_vendor())]
    admin = create_user("admin@example.com", PASSWORD, "admin", SYSTEM).id

    for key in (admin, 10**6, *(one.user_id or 0 for one in theirs)):
        with pytest.raises(NotFound):
            change_member(key, "viewer", False, owner)


def test_only_owners_and_no_keys_look_after_people(owner: Actor) -> None:
    side: Any = {str(owner.side): getattr(owner, str(owner.side))}
    others = [
        Actor(owner.role, owner.user_id, member=MemberRole.viewer, **side),
        Actor(owner.role, key_id=1, **side),
        Actor(Role.admin, owner.user_id),
    ]
    calls: list[Callable[[Actor], object]] = [
        list_team,
        lambda actor: invite(NEW, "viewer", actor),
        lambda actor: change_member(1, "viewer", True, actor),
    ]

    for actor in others:
        for call in calls:
            with pytest.raises(NotAllowed):
                call(actor)


def test_two_owners_who_shut_each_other_out_leave_one(committed: Flask) -> None:
    partner = make_partner()
    owners = [owner_of(partner, name) for name in ("ann", "ben")]

    def shut_out(pair: tuple[Actor, Actor]) -> str:
        with committed.app_context():
            try:
                change_member(pair[1].user_id or 0, "owner", False, pair[0])
            except NotAllowed:
                return "refused"
            return "done"

    with ThreadPoolExecutor(2) as pool:
        pairs = [(owners[0], owners[1]), (owners[1], owners[0])]
        said = sorted(pool.map(shut_out, pairs))

    assert said == ["done", "refused"]
    assert count("ab_user", "active") == 1
