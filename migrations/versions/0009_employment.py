"""What a job or internship says beyond a gig."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    pass
