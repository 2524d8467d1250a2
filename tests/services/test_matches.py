"""Leads that a rule would have matched: as the router sees them, and no oracle."""

from typing import Any

import pytest
from flask import Flask

from app.db import db
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.filters import compile_rule
from app.domain.people import Actor, MemberRole, Role
from app.domain.states import CampaignStatus
from app.gateways.regex import compile_regex
from app.jobs import validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.services import matches
from app.services.matches import Matches, count_matches, rule_fields
from app.services.routing_reads import look
from tests.conftest import ADMIN
from tests.factories import (
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)

FIELDS = [
    {"name": "email", "type": "email", "required": True},
    {"name": "zip", "label": "ZIP code", "type": "zip"},
    {"name": "roof", "label": "Roof", "type": "select", "options": ["Tile", "Flat"]},
    {"name": "extras", "type": "multiselect", "options": ["Battery", "Pump"]},
    {"name": "bill", "label": "Bill", "type": "number"},
    {"name": "company", "type": "text"},
    {"name": "moving", "type": "date"},
]


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


RULES: list[Any] = [
    leaf("state", "eq", "CA"),
    leaf("fields.roof", "eq", "tile"),
    leaf("extras", "in", ["Pump"]),
    {"not": leaf("fields.bill", "gt", 45)},
    leaf("fields.bill", "between", [20, 60]),
    leaf("company", "starts_with", "ac"),
    leaf("fields.moving", "gte", "2026-12-05"),
    leaf("name", "eq", "ada byron"),
    leaf("campaign", "starts_with", "solar"),
    leaf("submitted_at", "gt", "2020-01-01"),
    leaf("submitted_at", "gt", "2999-01-01"),
    leaf("validation_status", "ne", "invalid"),
    leaf("test", "eq", False),
    leaf("score", "gte", 0),
    leaf("zip", "between", [94000, 94999]),
    leaf("email", "matches", "^ada.*[02468]@"),
    leaf("vendor_id", "is_set", False),
    {"any": [leaf("fields.bill", "lt", 20), {"all": [leaf("roof", "eq", "Flat")]}]},
]


@pytest.fixture
def campaign(committed: Flask) -> Campaign:
    made = make_campaign(fields=FIELDS)
    source = make_source(made)
    for number in range(8):
        answers = {
            "roof": ["Tile", "Flat"][number % 2],
            "extras": ["Battery", "Pump"][: number % 3],
            "bill": number * 10,
            "company": f"{'Acme' if number < 3 else 'Bolt'} {number}",
            "moving": f"2026-12-0{number + 1}",
        }
        take(source, fields=answers)
    take(source, test=True, fields={})
    validation.drain()
    db.session.commit()
    return made


def buyer_of(partner_id: int, member: MemberRole = MemberRole.owner) -> Actor:
    return Actor(Role.client, 1, partner_id, None, member)


def test_each_rule_counts_what_the_router_would_match(campaign: Campaign) -> None:
    ids = [row.id for row in db.session.query(Lead).filter_by(is_test=False)]
    found = look(db.session, campaign.id, ids)

    for rule in RULES:
        compiled = compile_rule(rule, compile_regex)
        assert compiled is not None
        seen = [compiled.why_not(found.facts(row).values) for row in found.leads]
        counted = count_matches(ADMIN, campaign.id, rule)
        assert counted == Matches(seen.count(None), 8), rule


def test_no_rule_counts_all_and_the_newest_alone_beyond_the_most(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "MOST", 3)

    assert count_matches(ADMIN, campaign.id, None) == Matches(3, 3, is_capped=True)
    # The newest have the highest bills.
    rule = leaf("fields.bill", "gte", 50)
    assert count_matches(ADMIN, campaign.id, rule).matched == 3


def test_old_leads_and_those_that_never_came_live_are_not_counted(
    campaign: Campaign,
) -> None:
    db.session.execute(
        db.text(
            "UPDATE lead SET received_at = now() - interval '8 days'"
            " WHERE id IN (SELECT id FROM lead ORDER BY id LIMIT 2)"
        )
    )
    db.session.execute(
        db.text(
            "UPDATE lead SET status = 'rejected'"
            " WHERE id IN (SELECT id FROM lead ORDER BY id OFFSET 2 LIMIT 1)"
        )
    )
    db.session.commit()

    assert count_matches(ADMIN, campaign.id, None).total == 5


def test_partner_is_told_rounded_figures_and_never_few(campaign: Campaign) -> None:
    buyer = buyer_of(make_partner().id)

    assert count_matches(buyer, campaign.id, None) == Matches(5, 5)
    assert count_matches(buyer, campaign.id, leaf("bill", "lt", 70)).matched == 5
    assert count_matches(buyer, campaign.id, leaf("bill", "lt", 30)).matched == 0
    assert count_matches(buyer, campaign.id, leaf("bill", "eq", 30)).matched == 0


@pytest.mark.parametrize(
    ("rule", "labels"),
    [
        (leaf("email", "eq", "ada1@example.org"), ["email"]),
        ({"any": [leaf("phone", "is_set", True), leaf("bill", "gt", 1)]}, ["Phone"]),
        ({"not": leaf("name", "contains", "ada")}, ["Name"]),
        (leaf("company", "starts_with", "a"), ["company"]),
        (leaf("fields.company", "starts_with", "a"), ["company"]),
        (leaf("address", "eq", "1 Main St"), ["Address"]),
        (leaf("sub_id", "eq", "x"), ["Sub id"]),
    ],
)
def test_partner_cannot_probe_who_somebody_is(
    campaign: Campaign, rule: Any, labels: list[str]
) -> None:
    found = count_matches(buyer_of(make_partner().id), campaign.id, rule)

    assert (found.matched, found.total) == (0, 0)
    assert [label.lower() for label in found.uncounted] == [
        label.lower() for label in labels
    ]


@pytest.mark.usefixtures("database")
def test_partner_counts_only_what_it_may_order_or_ordered() -> None:
    draft = make_campaign(status=CampaignStatus.draft)
    euro = make_campaign(currency="EUR")
    paused = make_campaign(status=CampaignStatus.paused)
    partner = make_partner()
    make_subscription(paused, partner)
    buyer = buyer_of(partner.id)

    for hidden in (draft.id, euro.id, 10**9):
        with pytest.raises(NotFound):
            count_matches(buyer, hidden, None)
        with pytest.raises(NotFound):
            rule_fields(buyer, hidden)
    assert count_matches(buyer, paused.id, None).total == 0
    with pytest.raises(NotAllowed):
        count_matches(buyer_of(partner.id, MemberRole.viewer), paused.id, None)


def test_wrong_rule_is_told_with_its_place(campaign: Campaign) -> None:
    with pytest.raises(InvalidInput) as refused:
        count_matches(ADMIN, campaign.id, {"all": [leaf("roof", "eq", "Slate")]})

    assert [error.field for error in refused.value.errors] == ["filters.all[0].value"]
