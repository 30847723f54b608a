"""The declarative base and the columns that every table spells the same way."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, DateTime, MetaData, Text, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Uuid

from marketplace.kernel.database.sessions import AnySession

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables. str is text, datetime is timestamptz, dict and list are jsonb, UUID is uuid."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        str: Text(),
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


def pk() -> Mapped[UUID]:
    """A UUIDv7 made by PostgreSQL 18: sorts by time, safe in addresses."""
    return mapped_column(primary_key=True, server_default=text("uuidv7()"))


async def new_ids(db: AnySession, count: int) -> list[UUID]:
    """So many new ids in their order, by one query: for rows of many tables that are inserted together."""
    if not count:
        return []
    made = select(func.uuidv7(type_=Uuid())).select_from(func.generate_series(1, count).alias())
    return sorted((await db.scalars(made)).all())


def timestamp(**options: Any) -> Mapped[datetime]:
    """When it happened, given by the caller (`at`), so that the demo's clock holds everywhere."""
    return mapped_column(**options)


def optional_timestamp(**options: Any) -> Mapped[datetime | None]:
    return mapped_column(nullable=True, **options)


def amount(**options: Any) -> Mapped[int]:
    """Minor units of the currency in the same row."""
    return mapped_column(BigInteger, **options)


def currency(**options: Any) -> Mapped[str]:
    """ISO 4217 code."""
    return mapped_column(CHAR(3), **options)
