"""Answers: what partners said and is not yet written.

They are written in batches; one that cannot be written harms no other, and while the
database is away all of them are kept.
"""

import logging
import time
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from app.crashes import reached
from app.services.circuits import has_failed, judge_endpoints
from app.services.delivery import Sent, write_outcomes
from app.services.parcels import Parcel

log = logging.getLogger(__name__)

# Answers are written when so many are in, or when the first has waited so long.
WRITE_AT = 48
WRITE_AFTER_S = 0.05


class Answers:
    """Answers held until they are written, and then judged."""

    def __init__(self) -> None:
        self.held: list[Sent] = []
        self.since = 0.0
        self.unjudged: list[Sent] = []
        self.ailing: set[int] = set()

    def add(self, sent: Sent) -> None:
        """Hold one more answer."""
        if not self.held:
            self.since = time.monotonic()
        self.held.append(sent)

    @property
    def is_time(self) -> bool:
        """Whether a batch is full, or its first answer has waited long enough."""
        waited = time.monotonic() - self.since
        return len(self.held) >= WRITE_AT or waited > WRITE_AFTER_S

    def write(self) -> list[Parcel]:
        """Write what is held; return the parcels that are done with.

        Raises OperationalError while the database is away; nothing is lost then. Any
        other answer that cannot be written is left to its lease.
        """
        reached("send.answered")
        answered, self.held = self.held, []
        try:
            write_outcomes(answered)
        except OperationalError:
            self.held = answered + self.held
            raise
        except Exception:  # one of them is at fault: each by itself then
            log.exception("outcomes not written: %s", len(answered))
            self._write_singly(answered)
        kept = {id(one) for one in self.held}
        done = [one for one in answered if id(one) not in kept]
        self.unjudged += done
        return [one.parcel for one in done]

    def judge(self) -> None:
        """Judge the endpoints of what was written, but for what stays well.

        Apart from the writing: an answer that is written is never written again.
        """
        answered, self.unjudged = self.unjudged, []
        self.ailing |= {
            one.parcel.endpoint_id
            for one in answered
            if one.parcel.is_endpoint_ailing or has_failed(one.answer)
        }
        told = [
            (one.parcel.endpoint_id, one.answer)
            for one in answered
            if one.parcel.endpoint_id in self.ailing or one.answer.disables_endpoint
        ]
        if told:
            judge_endpoints(told)
            last = {id_: has_failed(answer) for id_, answer in told}
            self.ailing -= {id_ for id_, failed in last.items() if not failed}

    def _write_singly(self, answered: Sequence[Sent]) -> None:
        for one in answered:
            try:
                write_outcomes([one])
            except OperationalError:
                self.held.append(one)
            except Exception:
                log.exception("outcome lost: delivery=%s", one.parcel.delivery_id)
