"""Claims."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Mapped

from marketplace.kernel.database import Base, pk, timestamp


class Claim(Base):
    """`figure` in `unit` about `subject`, as `source` (with address) published it for `year` under `definition`."""

    __tablename__ = "claims"

    id: Mapped[UUID] = pk()
    subject: Mapped[str]
    figure: Mapped[Decimal]
    unit: Mapped[str]
    year: Mapped[int]
    definition: Mapped[str]
    source: Mapped[str]
    source_url: Mapped[str]
    recorded_at: Mapped[datetime] = timestamp()
