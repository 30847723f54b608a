"""Receipts of transfers, which two people of finance confirm before a statement shows them."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "pay_in_receipts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_minor", sa.BigInteger(), nullable=True),
        sa.Column("said_by", sa.Uuid(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name=op.f("ck_pay_in_receipts_state")),
        sa.CheckConstraint("(said_by IS NULL) = (said_minor IS NULL)", name=op.f("ck_pay_in_receipts_said")),
        sa.CheckConstraint("(state = 'waiting') = (ended_by IS NULL)", name=op.f("ck_pay_in_receipts_ended")),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (said_by IS NOT NULL AND said_by <> ended_by)",
            name=op.f("ck_pay_in_receipts_two_people"),
        ),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f("ck_pay_in_receipts_reason")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_pay_in_receipts_hold_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_pay_in_receipts_file_id")),
        *(
            sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_pay_in_receipts_{name}"))
            for name in ("uploaded_by", "said_by", "ended_by")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["statement_lines.id"], name=op.f("fk_pay_in_receipts_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_in_receipts")),
        sa.UniqueConstraint("line_id", name=op.f("uq_pay_in_receipts_line_id")),
    )
    op.create_index("ix_pay_in_receipts_hold_id", "pay_in_receipts", ["hold_id", "id"])
    op.create_index(
        "ix_pay_in_receipts_open",
        "pay_in_receipts",
        ["id"],
        postgresql_where=sa.text("state <> 'refused' AND line_id IS NULL"),
    )
