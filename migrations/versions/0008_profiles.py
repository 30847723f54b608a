"""What a freelancer shows of herself."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "headlines",
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.Uuid(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_headlines_freelancer_id")),
        sa.ForeignKeyConstraint(["skill_id"], ["skills.id"], name=op.f("fk_headlines_skill_id")),
        sa.PrimaryKeyConstraint("freelancer_id", "skill_id", name=op.f("pk_headlines")),
    )
    op.create_table(
        "old_handles",
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_old_handles_freelancer_id")),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_old_handles")),
    )
    op.create_table(
        "portfolio_items",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_cleared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('own', 'course', 'contract')", name=op.f("ck_portfolio_items_source")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_portfolio_items_position")),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_portfolio_items_freelancer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portfolio_items")),
    )
    op.create_index("ix_portfolio_items_freelancer_id", "portfolio_items", ["freelancer_id", "position"], unique=False)
    op.create_table(
        "portfolio_files",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_portfolio_files_file_id")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["portfolio_items.id"], name=op.f("fk_portfolio_files_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "file_id", name=op.f("pk_portfolio_files")),
    )
    op.add_column("freelancers", sa.Column("shows_photo", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("freelancers", sa.Column("shows_place", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("freelancers", sa.Column("shows_history", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("freelancers", sa.Column("photo_file_id", sa.Uuid(), nullable=True))
    op.add_column("freelancers", sa.Column("available_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("freelancers", sa.Column("away_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("freelancers", sa.Column("away_text", sa.Text(), server_default="", nullable=False))
    op.add_column("freelancers", sa.Column("handle_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_freelancers_photo_file_id"), "freelancers", "files", ["photo_file_id"], ["id"])
