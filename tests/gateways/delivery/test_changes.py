"""No setting of a transform and no value of a lead breaks the building of a request."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import FieldError
from app.gateways.delivery import build_request, formats
from app.gateways.delivery.changes import SETTINGS, read_steps
from app.gateways.delivery.dates import WORDS, read_pattern
from app.gateways.delivery.transforms import TRANSFORMS
from tests.gateways.delivery.test_request import PAYLOAD, handover

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(), SCALARS)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SETTINGS, "timezone", "x"]), inner)
    ),
    max_leaves=8,
)
SOUND = st.one_of(
    st.sampled_from(sorted(TRANSFORMS)),
    st.fixed_dictionaries(
        {
            "map": st.dictionaries(
                st.from_regex(r"[a-z]{1,4}", fullmatch=True), SCALARS, min_size=1
            )
        },
        optional={"default": SCALARS},
    ),
    st.fixed_dictionaries({"default": SCALARS}),
    st.fixed_dictionaries({"truncate": st.integers(1, 50)}),
    st.fixed_dictionaries(
        {"date": st.lists(st.sampled_from(sorted(WORDS)), min_size=1).map("-".join)},
        optional={"timezone": st.sampled_from(["UTC", "America/New_York"])},
    ),
    st.fixed_dictionaries({"phone": st.sampled_from(["###-###-####", "#"])}),
    st.fixed_dictionaries({"join": st.text(max_size=3)}),
)
CHAINS = SOUND | st.lists(SOUND, min_size=1, max_size=5)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z")


@given(JSON)
def test_any_transform_is_read_or_refused_at_its_place(given_: Any) -> None:
    errors: list[FieldError] = []

    read_steps("mapping[0].transform", given_, errors)

    assert all(error.field.startswith("mapping[0].transform") for error in errors)
    assert all(error.message.endswith(".") for error in errors)


@given(CHAINS, VALUES | MOMENTS)
def test_sound_transform_takes_any_value(given_: Any, value: Any) -> None:
    errors: list[FieldError] = []

    for step in read_steps("transform", given_, errors):
        value = step(value)

    assert errors == []


@pytest.mark.parametrize("format_", formats())
@given(transform=CHAINS, value=VALUES)
@settings(max_examples=60, deadline=None)
def test_any_value_through_any_transform_makes_a_request(
    format_: str, transform: Any, value: Any
) -> None:
    target = "customer.comments" if format_ == "adf" else "a.b"
    line = {"target": target, "source": "fields.x", "transform": transform}
    payload = PAYLOAD | {"fields": {"x": value}}

    request = build_request(handover(format=format_, mapping=[line], payload=payload))

    assert request.told == request.body


@given(st.text(alphabet="YMDHhmsAZT-/:. ,_%{}x", max_size=20))
def test_pattern_of_anything_but_its_words_is_none(pattern: str) -> None:
    write = read_pattern(pattern)

    assert write is None or not set(pattern) & set("%{}x")
