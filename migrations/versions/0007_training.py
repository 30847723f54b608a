"""Courses, enrolments, certificates; the issuer's part of evidence."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
