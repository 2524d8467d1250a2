"""How far a wallet reaches."""

import pytest

from app.domain.funds import Funds, judge_funds


@pytest.mark.parametrize(
    ("available", "price", "spent", "expected"),
    [
        (0, None, 0, Funds.enough),
        (2499, 2500, 0, Funds.out),
        (-1, 0, 0, Funds.out),
        (2500, 2500, 0, Funds.enough),
        (0, 0, 0, Funds.enough),
        (29_999, 2500, 70_000, Funds.low),
        (30_000, 2500, 70_000, Funds.enough),
    ],
)
def test_a_wallet_is_out_low_or_enough(
    available: int, price: int | None, spent: int, expected: Funds
) -> None:
    assert judge_funds(available, price, spent) is expected
