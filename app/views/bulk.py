"""Actions on several rows: each is one service called once per row, and told after."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.db import db
from app.domain.errors import LeadNexusError
from app.domain.people import Actor

MOST = 500
NAMED = 5


@dataclass(frozen=True)
class BulkAction:
    """What may be done to chosen rows: `run` takes a row's id and the actor.

    `effect` says what follows, and is asked before; without it nothing is asked for
    rows that were chosen one by one.
    """

    name: str
    label: str
    done: str
    run: Callable[[int, Actor], object]
    effect: str = ""
    kind: str = ""


@dataclass
class Outcome:
    """What became of the rows."""

    done: int = 0
    skipped: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def sentences(self, verb: str, name: Callable[[int], str]) -> list[tuple[str, str]]:
        """Return what to tell: text and kind, the skipped ones by their reason."""
        told = [(f"{self.done:,} {verb}.", "success" if self.done else "warning")]
        for reason, ids in self.skipped.items():
            named = ", ".join(name(number) for number in ids[:NAMED])
            more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
            text = f"{len(ids):,} skipped ({named}{more}): {reason}"
            told.append((text, "warning"))
        return told


def run_on_each(action: BulkAction, ids: Iterable[int], actor: Actor) -> Outcome:
    """Run an action on each row, in a transaction of its own."""
    outcome = Outcome()
    for number in ids:
        try:
            action.run(number, actor)
            outcome.done += 1
        except LeadNexusError as refusal:
            outcome.skipped[refusal.message].append(number)
    return outcome


def set_status(
    model: Any,  # noqa: ANN401 - a model
    save: Callable[[Any, Actor], object],
    status: Any,  # noqa: ANN401 - a member of its enum
) -> Callable[[int, Actor], object]:
    """Return what sets a row's status by its service; raises where it is so."""

    def run(number: int, actor: Actor) -> None:
        row = db.session.get(model, number)
        if row is None or row.status is status:
            raise LeadNexusError(f"It is {status.name} already.")
        row.status = status
        save(row, actor)

    return run


def known(actions: Sequence[BulkAction], name: str) -> BulkAction | None:
    """Return the action of that name."""
    return next((action for action in actions if action.name == name), None)
