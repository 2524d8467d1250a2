"""Business policy: changed by administrators, in force everywhere within seconds."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from app.domain.errors import Conflict, InvalidInput, NotAllowed
from app.domain.people import Actor, Role
from app.models.campaign import Campaign
from app.models.source import Source
from app.services import policy as kept
from app.services.campaigns import save_campaign
from app.services.housekeeping import forget_old
from app.services.money_orders import needs_second_person
from app.services.policy import change_policy, forget, policy, state_of_policy
from app.services.sources import save_source
from tests.conftest import ADMIN
from tests.factories import count, make_campaign, make_source

pytestmark = pytest.mark.usefixtures("database")


def test_a_change_is_in_force_and_in_the_audit_log() -> None:
    changed = change_policy({"sell_days": 7, "dedupe_days": 30}, ADMIN)

    db.session.commit()
    row = db.session.execute(text("SELECT * FROM audit WHERE action LIKE 'setting.%'"))
    [told] = row.mappings()
    assert changed == ["sell_days"]
    assert policy.sell_days == 7
    assert told["subject"] == "setting:SELL_DAYS"
    assert (told["before"], told["after"]) == ({"value": 30}, {"value": 7})


def test_another_process_knows_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert policy.sell_days == 30
    db.session.execute(
        text("INSERT INTO platform_setting (name, value) VALUES ('sell_days', '7')")
    )
    assert policy.sell_days == 30

    now = kept.time.monotonic()
    monkeypatch.setattr(kept.time, "monotonic", lambda: now + kept.KEPT_S + 0.1)

    assert policy.sell_days == 7


def test_the_default_takes_a_change_back() -> None:
    change_policy({"second_person_above_cents": 5}, ADMIN)

    change_policy({"second_person_above_cents": None}, ADMIN)

    assert policy.second_person_above_cents is None
    assert count("platform_setting") == 0


def test_all_that_is_wrong_is_told_at_once_and_nothing_changes() -> None:
    with pytest.raises(InvalidInput) as refused:
        change_policy(
            {
                "sell_days": 0,
                "admin_totp": "1",
                "default_currency": "XQX",
                "secret_key": "x",
                "register_per_address": "1/hour",
                "dedupe_days": 3,
            },
            ADMIN,
        )

    codes = {error.field: error.code for error in refused.value.errors}
    assert codes == {
        "sell_days": "invalid",
        "admin_totp": "invalid",
        "default_currency": "invalid",
        "secret_key": "unknown",
        "register_per_address": "fixed",  # by the environment of the tests
    }
    assert policy.dedupe_days == 30


def test_the_environment_wins_over_what_was_changed(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_policy({"sell_days": 7}, ADMIN)
    base = database.config["SETTINGS"]
    given = base.given | {"SELL_DAYS"}
    ours = replace(base, sell_days=9, given=given)

    monkeypatch.setitem(database.config, "SETTINGS", ours)

    assert policy.sell_days == 9


def test_only_administrators_change_policy() -> None:
    for role in (Role.operator, Role.client, Role.vendor):
        with pytest.raises(NotAllowed):
            change_policy({"sell_days": 7}, Actor(role, 1))


def test_what_somebody_else_changed_is_not_undone_unseen() -> None:
    seen = state_of_policy()
    change_policy({"sell_days": 7}, ADMIN)

    with pytest.raises(Conflict):
        change_policy({"sell_days": 30, "dedupe_days": 1}, ADMIN, seen)

    assert (policy.sell_days, policy.dedupe_days) == (7, 30)


def test_what_a_later_version_set_is_left_alone() -> None:
    db.session.execute(
        text("INSERT INTO platform_setting (name, value) VALUES ('unheard_of', '7')")
    )
    forget()

    assert policy.sell_days == 30
    change_policy({"sell_days": 7}, ADMIN)
    assert count("platform_setting") == 2


def test_what_is_new_begins_with_the_platforms_defaults() -> None:
    ours: dict[str, Any] = {"dedupe_days": 1, "sell_days": 2, "delivery_minutes": 3}
    change_policy({**ours, "source_per_minute": 4}, ADMIN)
    campaign = Campaign(
        name="c", slug="c", industry="solar", price_cents=1, currency="USD"
    )
    campaign.sell_days = 90

    save_campaign(campaign, ADMIN)
    source = Source(name="s", campaign_id=campaign.id)
    save_source(source, ADMIN)

    assert (campaign.dedupe_days, campaign.delivery_minutes) == (1, 3)
    assert campaign.sell_days == 90
    assert source.per_minute == 4


def test_money_above_the_limit_needs_a_second_person() -> None:
    change_policy({"second_person_above_cents": 1000}, ADMIN)

    needed = [needs_second_person(amount) for amount in (1000, 1001, -1000, -1001)]

    assert needed == [False, True, False, True]


def test_refused_posts_are_kept_as_long_as_is_set() -> None:
    source = make_source(make_campaign())
    for days in (9, 11):
        db.session.execute(
            text(
                "INSERT INTO refusal (source_id, campaign_id, status, code, at)"
                f" VALUES ({source.id}, {source.campaign_id}, 422, 'x',"
                f" now() - interval '{days} days')"
            )
        )
    change_policy({"refusals_kept_days": 10}, ADMIN)

    forget_old()

    assert count("refusal") == 1
