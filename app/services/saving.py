"""Saving what people manage: who may, what every column asks for, and the write.

Every field error of an object is gathered before anything is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, LargeBinary, String, inspect
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import Column

from app.domain.body import why_unstorable
from app.domain.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor, Role
from app.models.base import Base
from app.services.changes import record_change, stored_values
from app.services.constraints import refusal_of
from app.services.stored import changes_of, is_new, stored, was

NO_ROW = "There is no such row."
T = TypeVar("T")
Row = TypeVar("Row", bound=Base)


class Errors(list[FieldError]):
    """The field errors found so far."""

    def add(self, field: str, code: str, message: str) -> None:
        """Note one; a field's first error is the one that is told."""
        if self.spares(field):
            self.append(FieldError(field, code, message))

    def spares(self, *fields: str) -> bool:
        """Say whether none of the fields has an error so far."""
        return not any(error.field in fields for error in self)

    def attempt(self, check: Callable[[], T]) -> T | None:
        """Run a check that raises InvalidInput; note what it refused."""
        try:
            return check()
        except InvalidInput as refused:
            self.extend(refused.errors)
            return None

    def refuse(self) -> None:
        """Raise InvalidInput where there is any."""
        if self:
            raise InvalidInput(list(self))


def check_staff(actor: Actor, *, admin_only: bool = False) -> None:
    """Let administrators and operators through, or administrators alone."""
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may do this.")
    if admin_only and actor.role is Role.operator:
        raise NotAllowed("Only administrators may do this.")


def check_may_write(obj: Base, actor: Actor, own: frozenset[str]) -> None:
    """Let staff through, and a partner's or vendor's people to rows of their own.

    `own` names what those may set; nothing shuts them out. Raises NotAllowed, and
    NotFound for a row of another, as for one that is not there.
    """
    if actor.is_staff:
        return
    side = actor.side
    if not own or side is None or not hasattr(obj, side):
        raise NotAllowed("Only administrators and operators may do this.")
    # What is stored must be theirs, and what is sent must leave it theirs.
    owners = {getattr(obj, side), stored(obj, side)}
    if owners - {None} != {getattr(actor, side)}:
        raise NotFound("There is no such row.")


def check_own(obj: Base, actor: Actor, own: frozenset[str], errors: Errors) -> None:
    """Note what of the changes only staff may make, to those who are not."""
    if actor.is_staff:
        return
    for name in sorted(changes_of(obj) - own - {actor.side}):
        errors.add(name, "staff_only", "Only the platform's operators set this.")


@contextmanager
def checking(
    session: Session, obj: Base, actor: Actor, own: frozenset[str] = frozenset()
) -> Iterator[Errors]:
    """Gather an object's errors in the block; nothing is flushed meanwhile.

    `own` is what the partner that a row belongs to may set of it. Raises NotAllowed
    and NotFound before the block, InvalidInput with every error after it.
    """
    errors = Errors()
    with session.no_autoflush:
        check_may_write(obj, actor, own)
        check_columns(obj, errors)
        check_own(obj, actor, own, errors)
        yield errors
    errors.refuse()


def store(session: Session, obj: Base, actor: Actor) -> None:
    """Write the object, read back what the database filled in, record the change.

    Raises Taken, or InvalidInput for what the database refuses.
    """
    before = stored_values(session, obj)
    session.add(obj)
    try:
        session.flush()
    except IntegrityError as error:
        raise refusal_of(error) from None
    session.refresh(obj)
    record_change(session, actor, obj, before)


def check_columns(obj: Base, errors: Errors) -> None:
    """Check what the columns ask for: presence, type, length, 64 bits, sound text."""
    for column in inspect(type(obj)).columns:
        value = getattr(obj, column.key)
        if value is None:
            # A server's default fills a new row; a stored one may not lose its value.
            needed = not column.nullable and not column.primary_key
            if needed and (column.server_default is None or not is_new(obj)):
                errors.add(column.key, "required", "This field is required.")
        elif isinstance(column.type, EnumColumn):
            _check_choice(obj, column, value, errors)
        elif not isinstance(column.type, LargeBinary):
            _check_value(column, value, errors)


def find(
    session: Session, model: type[Row], obj: Base, name: str, errors: Errors
) -> Row | None:
    """Return the row that a foreign key names, or None.

    A key that names nothing, or what is archived, is noted as an error.
    """
    key = getattr(obj, name)
    if key is None or not errors.spares(name):
        return None
    # No lock, which would come out of the house's order: the constraint holds the key.
    row = session.get(model, key)
    if row is None:
        errors.add(name, "unknown", NO_ROW)
    elif _is_archived(getattr(row, "status", None)) and (
        is_new(obj) or was(obj, name) is not None
    ):
        errors.add(name, "archived", "This is archived.")
    return row


def check_range(obj: Base, name: str, least: int, most: int, errors: Errors) -> None:
    """Check that a number, where given, lies between the bounds, both included."""
    value = getattr(obj, name)
    if value is not None and errors.spares(name) and not least <= value <= most:
        errors.add(name, "out_of_range", f"Send a number from {least} to {most}.")


def check_final(obj: Base, errors: Errors) -> None:
    """Keep archived what is archived."""
    if _is_archived(was(obj, "status")):
        errors.add("status", "final", "What is archived stays archived.")


def check_unchanged(obj: Base, name: str, errors: Errors) -> None:
    """Refuse another value for what is fixed once stored."""
    before = was(obj, name)
    if before is not None and before != getattr(obj, name):
        errors.add(name, "fixed", "This cannot be changed afterwards.")


def refuse_delete(actor: Actor) -> None:
    """Refuse: what has a history is archived, not deleted."""
    check_staff(actor)
    raise Conflict(
        "What has a history is not deleted; set its status to archived instead.",
        "archive_instead",
    )


def _check_value(column: Column[Any], value: object, errors: Errors) -> None:
    kind = column.type
    if reason := why_unstorable(value):
        errors.add(column.key, "invalid", reason)
    elif isinstance(kind, Boolean):
        if not isinstance(value, bool):
            errors.add(column.key, "type", "Send true or false.")
    elif isinstance(kind, String):
        _check_text(column.key, kind.length, value, errors)
    elif isinstance(kind, BigInteger):
        _check_number(column.key, value, errors)


def _is_archived(status: object) -> bool:
    return isinstance(status, Enum) and status.name == "archived"


def _check_choice(
    obj: Base, column: Column[Any], value: object, errors: Errors
) -> None:
    members = column.type.enum_class.__members__  # type: ignore[attr-defined]
    if isinstance(value, str) and value in members:
        setattr(obj, column.key, members[value])
    elif value not in members.values():
        errors.add(column.key, "choice", f"Choose one of {', '.join(members)}.")


def _check_text(name: str, most: int | None, value: object, errors: Errors) -> None:
    if not isinstance(value, str):
        errors.add(name, "type", "Send a text.")
    elif most is not None and len(value) > most:
        errors.add(name, "too_long", f"Send at most {most} characters.")
    elif name == "name" and not value.strip():
        errors.add(name, "required", "This field is required.")


def _check_number(name: str, value: object, errors: Errors) -> None:
    # Columns hold 64 bits; bool is an int to Python, not to a reader.
    if isinstance(value, bool) or not isinstance(value, int):
        if not hasattr(value, "__clause_element__"):
            errors.add(name, "type", "Send a whole number.")
    elif not -(2**63) <= value < 2**63:
        errors.add(name, "out_of_range", "Send a smaller number.")
