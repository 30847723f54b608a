"""Paper of a fair, what becomes of answers that never came, follow-ups by a link of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "fair_papers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('sheets', 'tables', 'doors', 'badges')", name=op.f("ck_fair_papers_kind")),
        sa.CheckConstraint("part BETWEEN 1 AND parts", name=op.f("ck_fair_papers_part")),
        sa.CheckConstraint("(file_id IS NULL) = (made_at IS NULL)", name=op.f("ck_fair_papers_made")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_papers_fair_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_fair_papers_file_id")),
        sa.ForeignKeyConstraint(["ordered_by"], ["users.id"], name=op.f("fk_fair_papers_ordered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_papers")),
        sa.UniqueConstraint("fair_id", "kind", "part", name=op.f("uq_fair_papers_fair_id_kind_part")),
    )
    op.add_column("fair_scorecards", sa.Column("unanswered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("follow_ups", sa.Column("link_hash", sa.LargeBinary(), nullable=True))
    op.add_column("follow_ups", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("follow_ups", sa.Column("employer_answer", sa.Text(), nullable=True))
    op.add_column("follow_ups", sa.Column("employer_by", sa.Uuid(), nullable=True))
    op.add_column("follow_ups", sa.Column("employer_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_follow_ups_link_hash"), "follow_ups", ["link_hash"])
    op.create_foreign_key(op.f("fk_follow_ups_employer_by"), "follow_ups", "users", ["employer_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_follow_ups_employer_answer"),
        "follow_ups",
        "employer_answer IN ('working', 'left', 'never_started', 'other')",
    )
    op.create_check_constraint(
        op.f("ck_follow_ups_employer"), "follow_ups", "(employer_answer IS NULL) = (employer_at IS NULL)"
    )
