"""How partners behave, drawn by seed, lead and partner, and their log of it all."""

import json
import random
from dataclasses import dataclass

from tests.partner import Received, Says
from tests.system.history.record import Handed

# What each endpoint is given; less than a lease.
TIMEOUT_S = 4


@dataclass(frozen=True)
class Manner:
    """What a partner does with a lead; the next time it takes it if `is_once`."""

    said: str
    took: bool
    says: Says
    is_once: bool = True


Kinds = tuple[tuple[int, Manner], ...]

ACCEPTS = Manner("accepted", took=True, says=Says(), is_once=False)
REFUSES = Manner("refused", took=False, says=Says(422), is_once=False)
SLOWER = Manner("slower", took=True, says=Says(wait_s=2.2))
# Of a hundred leads at each partner so many are met like this, the rest accepted.
MANNERS = (
    (5, REFUSES),
    (10, Manner("cut", took=True, says=Says(hang_up=True, wait_s=0.05))),
    (5, Manner("dropped", took=False, says=Says(hang_up=True))),
    (5, Manner("busy", took=False, says=Says(503))),
    (5, Manner("broken", took=False, says=Says(500))),
    (3, Manner("late", took=True, says=Says(wait_s=TIMEOUT_S + 1))),
    (6, Manner("slow", took=True, says=Says(wait_s=0.7))),
    (6, SLOWER),
)
ALL_SLOW = ((100, SLOWER),)
OFTEN_REFUSED = ((40, REFUSES),)


class Manners:
    """The partners of one run: by id, by what they took, by what they were sent."""

    def __init__(self, seed: int, kinds: Kinds = MANNERS) -> None:
        self.seed, self.kinds = seed, kinds
        self.partners: dict[str, int] = {}
        self.handed: list[Handed] = []
        self._took: set[str] = set()
        self._met: set[str] = set()

    def decide(self, received: Received) -> Says:
        """Answer one request, and keep what was received and said."""
        body, key = json.loads(received.body), received.headers["idempotency-key"]
        name = received.path.rsplit("/", 1)[-1]
        manner = self._manner(name, body["source"]["sub_id"], key)
        self._met.add(key)
        if manner.took:
            self._took.add(key)
        self.handed.append(
            Handed(
                partner_id=self.partners[name],
                key=key,
                lead=body["lead_id"],
                began=received.at,
                until=received.at + min(manner.says.wait_s, TIMEOUT_S),
                said=manner.said,
                took=manner.took,
            )
        )
        return manner.says

    def _manner(self, name: str, sub_id: str, key: str) -> Manner:
        if key in self._took:
            return ACCEPTS
        at = random.Random(f"{self.seed} {name} {sub_id}").uniform(0, 100)  # noqa: S311
        for share, manner in self.kinds:
            if at < share:
                is_over = manner.is_once and key in self._met
                return ACCEPTS if is_over else manner
            at -= share
        return ACCEPTS
