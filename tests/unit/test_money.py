"""Money: no cent is made or lost."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.money import refund_split, share_of_part, split_commission

PRICES = st.integers(0, 10**12)
SHARES = st.integers(0, 10_000)


@given(PRICES, SHARES)
def test_shares_sum_to_the_price(price: int, bp: int) -> None:
    platform, vendor = split_commission(price, bp)

    assert platform + vendor == price
    assert platform == price * bp // 10_000
    assert vendor >= 0


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=30), SHARES)
def test_refund_in_parts_gives_back_exactly_what_was_split(
    parts: list[int], bp: int
) -> None:
    price, before, given_back = sum(parts), 0, [0, 0]

    for part in parts:
        platform, vendor = refund_split(before, part, price, bp)
        assert platform >= 0
        assert vendor >= 0
        assert platform + vendor == part
        given_back[0] += platform
        given_back[1] += vendor
        before += part

    assert tuple(given_back) == split_commission(price, bp)


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=30), st.integers(0, 10**5))
def test_refund_in_parts_gives_a_fixed_share_back_exactly(
    parts: list[int], fixed: int
) -> None:
    price, before, given_back = sum(parts), 0, [0, 0]

    for part in parts:
        platform, vendor = refund_split(before, part, price, 0, fixed)
        assert min(platform, vendor) >= 0
        given_back[0] += platform
        given_back[1] += vendor
        before += part

    assert tuple(given_back) == split_commission(price, 0, fixed)
    assert given_back[0] == min(fixed, price)


def test_a_free_lead_has_no_share() -> None:
    assert share_of_part(0, 0, 0, 250) == (0, 0)


@pytest.mark.parametrize(("before", "now"), [(0, 101), (60, 41), (0, 0), (-1, 5)])
def test_refund_beyond_the_price_is_refused(before: int, now: int) -> None:
    with pytest.raises(InvalidInput):
        refund_split(before, now, 100, 2000)


@pytest.mark.parametrize(("price", "bp"), [(-1, 0), (100, -1), (100, 10_001)])
def test_share_outside_the_whole_is_refused(price: int, bp: int) -> None:
    with pytest.raises(InvalidInput):
        split_commission(price, bp)


def sure_of(random: Random, cases: int) -> None:
    """Split and refund at random; whatever is given is given back, to the cent."""
    for _ in range(cases):
        price = random.choice((7, 999, 10**6, 10**12)) - random.randrange(6)
        bp, fixed = random.randrange(10_001), random.randrange(2 * price)
        terms = (bp, None) if random.random() < 0.7 else (0, fixed)
        first = random.randrange(1, price + 1)
        parts = [first, price - first] if first < price else [price]
        platform, vendor = split_commission(price, *terms)
        assert platform + vendor == price
        assert min(platform, vendor) >= 0
        before = back = 0
        for part in parts:
            ours, theirs = refund_split(before, part, price, *terms)
            assert ours + theirs == part
            assert min(ours, theirs) >= 0
            before, back = before + part, back + ours
        assert back == platform


def test_no_cent_is_made_or_lost_at_random() -> None:
    sure_of(Random(11), 20_000)  # noqa: S311


@pytest.mark.soak
def test_no_cent_is_made_or_lost_in_a_million_cases() -> None:
    sure_of(Random(12), 1_000_000)  # noqa: S311
