"""A link for a table: who speaks for an employer there without an account runs it from her phone."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.add_column("representatives", sa.Column("link_hash", sa.LargeBinary(), nullable=True))
    op.add_column("representatives", sa.Column("link_by", sa.Uuid(), nullable=True))
    op.add_column("representatives", sa.Column("link_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_representatives_link_hash"), "representatives", ["link_hash"])
    op.create_foreign_key(op.f("fk_representatives_link_by"), "representatives", "users", ["link_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_representatives_link"),
        "representatives",
        "link_hash IS NULL OR (table_id IS NOT NULL AND link_by IS NOT NULL AND link_at IS NOT NULL)",
    )
