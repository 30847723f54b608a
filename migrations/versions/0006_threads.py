"""Threads and what people write to each other."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
