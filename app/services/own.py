"""Whose rows a reader sees: its own partner's or vendor's, or none at all."""

from app.domain.errors import NotAllowed
from app.domain.people import Actor, Right


def own_partner(actor: Actor, right: Right = Right.read) -> int:
    """Return the partner that the actor may read, or do `right` for.

    Raises NotAllowed.
    """
    if actor.partner_id is None or right not in actor.rights:
        raise NotAllowed("Only a partner's people and keys may do this.")
    return actor.partner_id


def own_vendor(actor: Actor, right: Right = Right.read) -> int:
    """Return the vendor that the actor may read, or do `right` for.

    Raises NotAllowed.
    """
    if actor.vendor_id is None or right not in actor.rights:
        raise NotAllowed("Only a vendor's people and keys may do this.")
    return actor.vendor_id
