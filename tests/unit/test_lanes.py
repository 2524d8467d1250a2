"""Lanes: live leads before bulk, four of a partner at a time, little noted ahead."""

from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from app.gateways.http import Request
from app.jobs.lanes import NOTED_AHEAD, PER_PARTNER, Built, Lanes

REQUEST = Request("https://example.org/", (), b"", 10)


def built(id_: int, *, partner: int = 1, bulk: bool = False, at: float = 0.0) -> Built:
    parcel: Any = SimpleNamespace(
        delivery_id=id_, partner_id=partner, is_bulk=bulk, token=uuid4()
    )
    return Built(cast(Any, parcel), REQUEST, at)


def ids(found: list[Built]) -> list[int]:
    return [one.parcel.delivery_id for one in found]


def lanes_with(*waiting: Built) -> Lanes:
    lanes = Lanes()
    for one in waiting:
        lanes.put(one)
    return lanes


def test_four_of_a_partner_are_on_the_wire_and_the_next_after_an_answer() -> None:
    lanes = lanes_with(*(built(n) for n in range(9)))
    lanes.ready(lanes.next_to_note())

    first = lanes.next_to_send()
    none = lanes.next_to_send()
    lanes.answered(first[0])
    after = lanes.next_to_send()

    assert ids(first) == [0, 1, 2, 3]
    assert none == []
    assert ids(after) == [4]


def test_one_partner_takes_no_room_of_another() -> None:
    lanes = lanes_with(*(built(n) for n in range(9)), built(9, partner=2))
    lanes.ready(lanes.next_to_note())

    assert ids(lanes.next_to_send()) == [0, 1, 2, 3, 9]


def test_live_leads_go_before_bulk_that_was_claimed_earlier() -> None:
    lanes = lanes_with(*(built(n, bulk=True) for n in range(40)))
    lanes.ready(lanes.next_to_note())
    on_wire = lanes.next_to_send()
    lanes.put(built(100))

    lanes.ready(lanes.next_to_note())
    lanes.answered(on_wire[0])

    assert ids(lanes.next_to_send()) == [100]


def test_no_more_is_noted_ahead_than_goes_out_soon() -> None:
    live = lanes_with(*(built(n) for n in range(100)))
    bulk = lanes_with(*(built(n, bulk=True) for n in range(100)))

    noted = live.next_to_note()
    live.ready(noted)

    assert len(noted) == NOTED_AHEAD
    assert live.next_to_note() == []
    assert len(bulk.next_to_note()) == PER_PARTNER


def test_what_could_not_be_noted_keeps_its_order() -> None:
    lanes = lanes_with(*(built(n) for n in range(3)), built(3, bulk=True))
    taken = lanes.next_to_note()
    lanes.put(built(4))

    lanes.put_back(taken)

    assert ids(lanes.next_to_note()) == [0, 1, 2, 4]


def test_what_waited_too_long_is_taken_out_and_the_rest_stays() -> None:
    lanes = lanes_with(built(1, at=1.0), built(2, at=2.0), built(3, partner=2, at=1.0))

    assert ids(lanes.take_older(2.0)) == [1, 3]
    assert ids(lanes.next_to_note()) == [2]
    assert lanes.take_older() == []


def test_what_is_ours_no_more_is_taken_out() -> None:
    lanes = lanes_with(built(1), built(2))
    lanes.ready(lanes.next_to_note())

    assert ids(lanes.keep({2})) == [1]
    assert ids(lanes.next_to_send()) == [2]
