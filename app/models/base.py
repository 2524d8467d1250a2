"""The declarative base that shares Flask-AppBuilder's registry and metadata.

Imported before any other model: the naming convention must stand before the first
table exists, FAB's own included.
"""

import enum
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    String,
    Text,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Model.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = Annotated[Any, mapped_column(JSONB(none_as_null=True))]
Key = Annotated[
    int, mapped_column(BigInteger, Identity(always=False), primary_key=True)
]
Cents = Annotated[int, mapped_column(BigInteger)]
Currency = Annotated[str, mapped_column(String(3))]
Name = Annotated[str, mapped_column(String(120))]
Slug = Annotated[str, mapped_column(String(64))]
Stamp = Annotated[datetime, mapped_column(server_default=func.now())]
Version = Annotated[int, mapped_column(BigInteger, server_default=text("1"))]

Model.registry.update_type_annotation_map(
    {
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(4, 3),
        UUID: Uuid,
    }
)


class Base(DeclarativeBase):
    """A typed base over FAB's registry, so that `ab_user` can be related to."""

    __abstract__ = True
    registry = Model.registry


class Timestamped:
    """When a row was made and last changed, by the database's clock."""

    created_at: Mapped[Stamp]
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.now()
    )


INTRO = "(intro_commission_bp IS NULL) = (intro_until IS NULL)"


class Commissioned:
    """The platform's share of sales: fixed before basis points, a rate to begin with.

    Which of a vendor's and a campaign's terms holds is `app.domain.commission`'s.
    """

    commission_cents: Mapped[Cents | None]
    intro_commission_bp: Mapped[int | None]
    intro_until: Mapped[datetime | None]


def one_of(values: type[enum.Enum]) -> Enum:
    """Return a column type of that enum's names, checked by the database."""
    return Enum(
        values,
        native_enum=False,
        length=20,
        create_constraint=True,
        name=values.__name__.lower(),
    )


def by_beginning(table: str, column: str) -> Index:
    """Return the index that finds a text by how it begins, in any case."""
    return Index(
        f"ix_{table}_{column}_begins",
        func.lower(literal_column(column)).label("lowered"),
        postgresql_ops={"lowered": "text_pattern_ops"},
    )
