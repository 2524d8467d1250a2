"""What a spreadsheet may be given."""

import pytest

from app.domain.cells import cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_is_never_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_other_values_stay_as_they_are() -> None:
    given = ("Ada", -5, None, "a=b", True, ["-1"])

    assert [cell(v) for v in given] == ["Ada", "-5", "", "a=b", "true", '["-1"]']
