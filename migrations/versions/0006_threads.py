"""Threads and what people write to each other."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "message_templates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_message_templates_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_templates")),
    )
    op.create_index("ix_message_templates_user_id", "message_templates", ["user_id", "id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('proposal', 'application', 'contract', 'case')", name=op.f("ck_threads_kind")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_threads_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_threads_kind_subject_id")),
    )
    op.create_table(
        "trusted_contacts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email <> '' OR phone <> ''", name=op.f("ck_trusted_contacts_reachable")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_trusted_contacts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_contacts")),
    )
    op.create_index("ix_trusted_contacts_user_id", "trusted_contacts", ["user_id", "id"], unique=False)
    op.create_table(
        "meeting_notes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until > starts_at", name=op.f("ck_meeting_notes_until")),
        sa.ForeignKeyConstraint(["contact_id"], ["trusted_contacts.id"], name=op.f("fk_meeting_notes_contact_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_meeting_notes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_notes")),
    )
    op.create_index("ix_meeting_notes_user_id", "meeting_notes", ["user_id", "id"], unique=False)
    op.create_table(
        "thread_members",
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unread", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_number", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("unread >= 0", name=op.f("ck_thread_members_unread")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_thread_members_thread_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_thread_members_user_id")),
        sa.PrimaryKeyConstraint("thread_id", "user_id", name=op.f("pk_thread_members")),
    )
    op.create_index(
        "ix_thread_members_unread",
        "thread_members",
        ["user_id"],
        unique=False,
        postgresql_where="unread > 0 AND left_at IS NULL",
    )
    op.create_index(
        "ix_thread_members_user_id",
        "thread_members",
        ["user_id", "last_at", "thread_id"],
        unique=False,
        postgresql_where="left_at IS NULL",
    )
    op.create_table(
        "thread_messages",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("length(text) <= 10000", name=op.f("ck_thread_messages_text")),
        sa.CheckConstraint("number > 0", name=op.f("ck_thread_messages_number")),
        sa.ForeignKeyConstraint(["sent_by"], ["users.id"], name=op.f("fk_thread_messages_sent_by")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_thread_messages_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_messages")),
        sa.UniqueConstraint("thread_id", "number", name=op.f("uq_thread_messages_thread_id_number")),
    )
    op.create_index("ix_thread_messages_sent_by", "thread_messages", ["sent_by", "sent_at"], unique=False)
    op.create_index("ix_thread_messages_words", "thread_messages", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "thread_files",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_thread_files_file_id")),
        sa.ForeignKeyConstraint(["message_id"], ["thread_messages.id"], name=op.f("fk_thread_files_message_id")),
        sa.PrimaryKeyConstraint("message_id", "file_id", name=op.f("pk_thread_files")),
    )
    op.create_index("ix_thread_files_file_id", "thread_files", ["file_id"], unique=False)
