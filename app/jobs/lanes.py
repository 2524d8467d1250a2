"""Lanes: what the sender has claimed and not sent yet, partner by partner.

Live leads go first. What goes out soon is noted as sent beforehand, many at a time:
a crash leaves in doubt what was noted, so that little of it waits for the wire.
"""

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from app.gateways.http import Request
from app.services.parcels import Parcel

PER_PARTNER = 4
NOTED_AHEAD = 16


@dataclass(frozen=True)
class Built:
    """A parcel with its request, and when it was claimed (monotonic seconds)."""

    parcel: Parcel
    request: Request
    claimed_at: float


@dataclass
class Turns:
    """Parcels that wait for their turn: live ones first, each kind as it came."""

    live: deque[Built] = field(default_factory=deque)
    bulk: deque[Built] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self.live) + len(self.bulk)

    def __iter__(self) -> Iterator[Built]:
        yield from self.live
        yield from self.bulk

    def put(self, built: Built) -> None:
        """Queue a parcel behind its kind."""
        (self.bulk if built.parcel.is_bulk else self.live).append(built)

    def put_back(self, built: Built) -> None:
        """Queue a parcel before its kind again."""
        (self.bulk if built.parcel.is_bulk else self.live).appendleft(built)

    def take(self) -> Built:
        """Return whose turn it is."""
        return (self.live or self.bulk).popleft()

    def take_out(self, is_wanted: Callable[[Built], bool]) -> list[Built]:
        """Return, and no longer hold, what is wanted."""
        taken = [built for built in self if is_wanted(built)]
        if taken:
            self.live = deque(b for b in self.live if not is_wanted(b))
            self.bulk = deque(b for b in self.bulk if not is_wanted(b))
        return taken


@dataclass
class Lane:
    """One partner's parcels: waiting, noted as sent, and how many are on the wire."""

    waiting: Turns = field(default_factory=Turns)
    noted: Turns = field(default_factory=Turns)
    on_wire: int = 0

    @property
    def is_low(self) -> bool:
        """Whether something has to be noted lest the wire waits for it."""
        is_live_low = self.waiting.live and len(self.noted.live) < PER_PARTNER
        is_bulk_low = self.waiting.bulk and len(self.noted) < PER_PARTNER
        return bool(is_live_low or is_bulk_low)

    def next_to_note(self) -> list[Built]:
        """Take what is to be noted now: live leads well ahead, bulk as it goes out."""
        taken: list[Built] = []
        room = NOTED_AHEAD - len(self.noted)
        while self.waiting.live and len(taken) < room:
            taken.append(self.waiting.take())
        room = PER_PARTNER - len(self.noted) - len(taken)
        while self.waiting.bulk and len(taken) < room:
            taken.append(self.waiting.take())
        return taken


class Lanes:
    """The lanes of all partners with something in hand."""

    def __init__(self) -> None:
        self.by_partner: dict[int, Lane] = {}

    def put(self, built: Built) -> None:
        """Let a claimed parcel wait in its partner's lane."""
        self._of(built).waiting.put(built)

    def next_to_note(self) -> list[Built]:
        """Take what is to be noted as sent now: for all, as soon as one lane is low."""
        lanes = self.by_partner.values()
        if not any(lane.is_low for lane in lanes):
            return []
        return [one for lane in lanes for one in lane.next_to_note()]

    def put_back(self, taken: Iterable[Built]) -> None:
        """Let wait again, in its order, what could not be noted."""
        for built in reversed(list(taken)):
            self._of(built).waiting.put_back(built)

    def ready(self, noted: Iterable[Built]) -> None:
        """Take in what was noted: it goes out as its partner has room."""
        for built in noted:
            self._of(built).noted.put(built)

    def next_to_send(self) -> list[Built]:
        """Take what its partner has room for now; it is on the wire from then on."""
        taken: list[Built] = []
        for lane in self.by_partner.values():
            while lane.noted and lane.on_wire < PER_PARTNER:
                lane.on_wire += 1
                taken.append(lane.noted.take())
        return taken

    def answered(self, built: Built) -> None:
        """Give the partner the room of one that was answered."""
        self._of(built).on_wire -= 1

    def take_older(self, than: float = inf) -> list[Built]:
        """Return, and no longer hold, what was claimed before that moment."""
        return self._take_out(lambda built: built.claimed_at < than)

    def keep(self, delivery_ids: Container[int]) -> list[Built]:
        """Hold those deliveries alone; return the others."""
        return self._take_out(
            lambda built: built.parcel.delivery_id not in delivery_ids
        )

    def _take_out(self, is_wanted: Callable[[Built], bool]) -> list[Built]:
        lanes = self.by_partner
        self.by_partner = {}
        taken: list[Built] = []
        for partner_id, lane in lanes.items():
            taken += lane.waiting.take_out(is_wanted) + lane.noted.take_out(is_wanted)
            if lane.waiting or lane.noted or lane.on_wire:
                self.by_partner[partner_id] = lane
        return taken

    def _of(self, built: Built) -> Lane:
        return self.by_partner.setdefault(built.parcel.partner_id, Lane())
