"""Job fairs: days, rooms, slots, booths, candidates, wishes, timetables, meetings, the day itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "fairs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("title_ur", sa.Text(), server_default="", nullable=False),
        sa.Column("text_en", sa.Text(), server_default="", nullable=False),
        sa.Column("text_ur", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="venue", nullable=False),
        sa.Column("venue", sa.Text(), server_default="", nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("park_id", sa.Uuid(), nullable=True),
        sa.Column("online_url", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Karachi", nullable=False),
        sa.Column("mode", sa.Text(), server_default="timetable", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dates_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("registration_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wishes_close_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_companions", sa.Integer(), server_default="1", nullable=False),
        sa.Column("slot_minutes", sa.Integer(), server_default="20", nullable=False),
        sa.Column("min_meetings", sa.Integer(), server_default="1", nullable=False),
        sa.Column("max_meetings", sa.Integer(), server_default="6", nullable=False),
        sa.Column("longest_run", sa.Integer(), server_default="3", nullable=False),
        sa.Column("spares_walks", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("keeps_reserve", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("objective", sa.Text(), server_default="coverage", nullable=False),
        sa.Column("grace_minutes", sa.Integer(), server_default="5", nullable=False),
        sa.Column("results_due_days", sa.Integer(), server_default="7", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('timetable', 'open_hall', 'both')", name=op.f("ck_fairs_mode")),
        sa.CheckConstraint("objective IN ('coverage', 'score')", name=op.f("ck_fairs_objective")),
        sa.CheckConstraint("place IN ('venue', 'online', 'both')", name=op.f("ck_fairs_place")),
        sa.CheckConstraint(
            "state = 'draft' OR (starts_at IS NOT NULL AND ends_at IS NOT NULL)", name=op.f("ck_fairs_dated")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'matching', 'published', 'live', 'closed', 'cancelled')",
            name=op.f("ck_fairs_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_fairs_times")),
        sa.CheckConstraint("longest_run >= 1 AND grace_minutes BETWEEN 0 AND 60", name=op.f("ck_fairs_rules")),
        sa.CheckConstraint(
            "min_meetings BETWEEN 0 AND max_meetings AND max_meetings <= 100", name=op.f("ck_fairs_meetings")
        ),
        sa.CheckConstraint(
            "results_due_days BETWEEN 0 AND 60 AND max_companions BETWEEN 0 AND 10", name=op.f("ck_fairs_limits")
        ),
        sa.CheckConstraint("seats_taken BETWEEN 0 AND capacity", name=op.f("ck_fairs_seats")),
        sa.CheckConstraint("slot_minutes BETWEEN 5 AND 120", name=op.f("ck_fairs_slot_minutes")),
        sa.ForeignKeyConstraint(["copied_from_id"], ["fairs.id"], name=op.f("fk_fairs_copied_from_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_fairs_created_by")),
        sa.ForeignKeyConstraint(["district"], ["districts.slug"], name=op.f("fk_fairs_district")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_fairs_organisation_id")),
        sa.ForeignKeyConstraint(["park_id"], ["parks.id"], name=op.f("fk_fairs_park_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fairs")),
        sa.UniqueConstraint("slug", name=op.f("uq_fairs_slug")),
    )
    op.create_index("ix_fairs_organisation_id", "fairs", ["organisation_id", "id"], unique=False)
    op.create_index(
        "ix_fairs_public",
        "fairs",
        ["starts_at", "id"],
        unique=False,
        postgresql_where="state NOT IN ('draft', 'cancelled')",
    )
    op.create_table(
        "booths",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=True),
        sa.Column("wants_tables", sa.Integer(), server_default="1", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("arrives_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pay_from_minor", sa.BigInteger(), nullable=True),
        sa.Column("pay_to_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("pay_period", sa.Text(), nullable=True),
        sa.Column("must_skill_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("last_queue_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refuse_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pay_period IN ('hour', 'month', 'year', 'fixed')", name=op.f("ck_booths_pay_period")),
        sa.CheckConstraint("state <> 'confirmed' OR organisation_id IS NOT NULL", name=op.f("ck_booths_confirmed")),
        sa.CheckConstraint(
            "state IN ('invited', 'requested', 'approved', 'confirmed', 'refused', 'withdrawn')",
            name=op.f("ck_booths_state"),
        ),
        sa.CheckConstraint("(pay_to_minor IS NULL) = (currency IS NULL)", name=op.f("ck_booths_currency")),
        sa.CheckConstraint("pay_from_minor >= 0 AND pay_to_minor >= pay_from_minor", name=op.f("ck_booths_pay")),
        sa.CheckConstraint("wants_tables BETWEEN 1 AND 100", name=op.f("ck_booths_wants_tables")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_booths_decided_by")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_booths_fair_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_booths_organisation_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_booths_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booths")),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_booths_id_fair_id")),
        sa.UniqueConstraint("invitation_hash", name=op.f("uq_booths_invitation_hash")),
    )
    op.create_index("ix_booths_fair_id", "booths", ["fair_id", "state", "id"], unique=False)
    op.create_index("ix_booths_organisation_id", "booths", ["organisation_id", "id"], unique=False)
    op.create_index(
        "uq_booths_name",
        "booths",
        ["fair_id", sa.literal_column("lower(name)")],
        unique=True,
        postgresql_where="state <> 'withdrawn'",
    )
    op.create_index(
        "uq_booths_organisation",
        "booths",
        ["fair_id", "organisation_id"],
        unique=True,
        postgresql_where="organisation_id IS NOT NULL AND state <> 'withdrawn'",
    )
    op.create_table(
        "fair_days",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_women_only", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_fair_days_times")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_days_fair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_days")),
        sa.UniqueConstraint("fair_id", "on", name=op.f("uq_fair_days_fair_id_on")),
    )
    op.create_table(
        "fair_helpers",
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('steward', 'supervisor')", name=op.f("ck_fair_helpers_role")),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_fair_helpers_added_by")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_helpers_fair_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_fair_helpers_user_id")),
        sa.PrimaryKeyConstraint("fair_id", "user_id", name=op.f("pk_fair_helpers")),
    )
    op.create_table(
        "fair_imports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("centre_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("faults", postgresql.JSONB(), nullable=False),
        sa.Column("loaded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('booths', 'tables', 'candidates', 'preferences')", name=op.f("ck_fair_imports_kind")
        ),
        sa.CheckConstraint(
            "state IN ('previewed', 'loading', 'loaded', 'discarded')", name=op.f("ck_fair_imports_state")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_fair_imports_by_user_id")),
        sa.ForeignKeyConstraint(
            ["centre_organisation_id"], ["organisations.id"], name=op.f("fk_fair_imports_centre_organisation_id")
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_imports_fair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_imports")),
    )
    op.create_index("ix_fair_imports_fair_id", "fair_imports", ["fair_id", "id"], unique=False)
    op.create_table(
        "fair_rooms",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="room", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_ur", sa.Text(), server_default="", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('room', 'gate', 'online')", name=op.f("ck_fair_rooms_kind")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_rooms_fair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_rooms")),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_fair_rooms_id_fair_id")),
    )
    op.create_index("uq_fair_rooms_name", "fair_rooms", ["fair_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "timetables",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("objective", sa.Text(), server_default="coverage", nullable=False),
        sa.Column("seconds", sa.Integer(), server_default="5", nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("input", postgresql.JSONB(), nullable=True),
        sa.Column("cells", postgresql.JSONB(), nullable=True),
        sa.Column("figures", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("progress", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objections_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(cells IS NOT NULL) = (state NOT IN ('waiting', 'running', 'failed'))", name=op.f("ck_timetables_cells")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'made', 'failed', 'provisional', 'published', 'superseded')",
            name=op.f("ck_timetables_state"),
        ),
        sa.ForeignKeyConstraint(["base_id"], ["timetables.id"], name=op.f("fk_timetables_base_id")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_timetables_fair_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_timetables_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timetables")),
        sa.UniqueConstraint("fair_id", "number", name=op.f("uq_timetables_fair_id_number")),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_timetables_id_fair_id")),
    )
    op.create_index(
        "uq_timetables_live",
        "timetables",
        ["fair_id"],
        unique=True,
        postgresql_where="state IN ('provisional', 'published')",
    )
    op.create_index(
        "uq_timetables_running",
        "timetables",
        ["fair_id"],
        unique=True,
        postgresql_where="state IN ('waiting', 'running')",
    )
    op.create_table(
        "booth_postings",
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_booth_postings_added_by")),
        sa.ForeignKeyConstraint(["booth_id"], ["booths.id"], name=op.f("fk_booth_postings_booth_id")),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name=op.f("fk_booth_postings_posting_id")),
        sa.PrimaryKeyConstraint("booth_id", "posting_id", name=op.f("pk_booth_postings")),
    )
    op.create_index("ix_booth_postings_posting_id", "booth_postings", ["posting_id"], unique=False)
    op.create_table(
        "fair_candidates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="self", nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("centre_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("centre", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("is_woman", sa.Boolean(), nullable=True),
        sa.Column("is_newcomer", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("education", sa.Text(), server_default="", nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("skill_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("pay_floor_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("pay_period", sa.Text(), nullable=True),
        sa.Column("companions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("arrives_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("away", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("availability_for", sa.Integer(), server_default="1", nullable=False),
        sa.Column("takes_sms", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_inside", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("standby_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "pay_period IN ('hour', 'month', 'year', 'fixed')", name=op.f("ck_fair_candidates_pay_period")
        ),
        sa.CheckConstraint("source IN ('self', 'bulk', 'invited', 'walk_in')", name=op.f("ck_fair_candidates_source")),
        sa.CheckConstraint("state <> 'waiting' OR waiting_at IS NOT NULL", name=op.f("ck_fair_candidates_waiting")),
        sa.CheckConstraint(
            "state IN ('waiting', 'registered', 'confirmed', 'withdrawn', 'removed')",
            name=op.f("ck_fair_candidates_state"),
        ),
        sa.CheckConstraint("(pay_floor_minor IS NULL) = (currency IS NULL)", name=op.f("ck_fair_candidates_currency")),
        sa.CheckConstraint("companions BETWEEN 0 AND 10", name=op.f("ck_fair_candidates_companions")),
        sa.CheckConstraint("leaves_at > arrives_at", name=op.f("ck_fair_candidates_window")),
        sa.CheckConstraint("pay_floor_minor >= 0", name=op.f("ck_fair_candidates_pay")),
        sa.ForeignKeyConstraint(
            ["centre_organisation_id"], ["organisations.id"], name=op.f("fk_fair_candidates_centre_organisation_id")
        ),
        sa.ForeignKeyConstraint(["district"], ["districts.slug"], name=op.f("fk_fair_candidates_district")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_candidates_fair_id")),
        sa.ForeignKeyConstraint(["import_id"], ["fair_imports.id"], name=op.f("fk_fair_candidates_import_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_fair_candidates_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_candidates")),
        sa.UniqueConstraint("fair_id", "code", name=op.f("uq_fair_candidates_fair_id_code")),
        sa.UniqueConstraint("fair_id", "number", name=op.f("uq_fair_candidates_fair_id_number")),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_fair_candidates_id_fair_id")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_fair_candidates_ticket_hash")),
    )
    op.create_index("ix_fair_candidates_fair_id", "fair_candidates", ["fair_id", "state", "id"], unique=False)
    op.create_index(
        "ix_fair_candidates_inside", "fair_candidates", ["fair_id"], unique=False, postgresql_where="is_inside"
    )
    op.create_index("ix_fair_candidates_user_id", "fair_candidates", ["user_id", "id"], unique=False)
    op.create_index(
        "ix_fair_candidates_waiting",
        "fair_candidates",
        ["fair_id", "waiting_at", "id"],
        unique=False,
        postgresql_where="state = 'waiting'",
    )
    op.create_index(
        "uq_fair_candidates_email",
        "fair_candidates",
        ["fair_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where="email IS NOT NULL AND state NOT IN ('withdrawn', 'removed')",
    )
    op.create_index(
        "uq_fair_candidates_phone",
        "fair_candidates",
        ["fair_id", "phone"],
        unique=True,
        postgresql_where="phone IS NOT NULL AND state NOT IN ('withdrawn', 'removed')",
    )
    op.create_index(
        "uq_fair_candidates_user_id",
        "fair_candidates",
        ["fair_id", "user_id"],
        unique=True,
        postgresql_where="user_id IS NOT NULL AND state NOT IN ('withdrawn', 'removed')",
    )
    op.create_table(
        "fair_invitations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["booth_id"], ["booths.id"], name=op.f("fk_fair_invitations_booth_id")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_invitations_fair_id")),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_fair_invitations_freelancer_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_fair_invitations_invited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_invitations")),
        sa.UniqueConstraint("fair_id", "freelancer_id", name=op.f("uq_fair_invitations_fair_id_freelancer_id")),
    )
    op.create_index("ix_fair_invitations_freelancer_id", "fair_invitations", ["freelancer_id", "id"], unique=False)
    op.create_table(
        "fair_slots",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("day_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="meeting", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_women_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("delayed_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('meeting', 'break', 'prayer')", name=op.f("ck_fair_slots_kind")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_fair_slots_times")),
        sa.ForeignKeyConstraint(["day_id"], ["fair_days.id"], name=op.f("fk_fair_slots_day_id")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_slots_fair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_slots")),
        sa.UniqueConstraint("fair_id", "number", name=op.f("uq_fair_slots_fair_id_number")),
        sa.UniqueConstraint(
            "fair_id", "starts_at", deferrable=True, initially="DEFERRED", name=op.f("uq_fair_slots_fair_id_starts_at")
        ),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_fair_slots_id_fair_id")),
    )
    op.create_table(
        "fair_tables",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_fair_tables_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_tables_fair_id")),
        sa.ForeignKeyConstraint(
            ["room_id", "fair_id"], ["fair_rooms.id", "fair_rooms.fair_id"], name=op.f("fk_fair_tables_room_id_fair_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_tables")),
        sa.UniqueConstraint("id", "booth_id", name=op.f("uq_fair_tables_id_booth_id")),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_fair_tables_id_fair_id")),
    )
    op.create_index("ix_fair_tables_booth_id", "fair_tables", ["booth_id", "id"], unique=False)
    op.create_index("uq_fair_tables_label", "fair_tables", ["fair_id", sa.literal_column("lower(label)")], unique=True)
    op.create_table(
        "gate_devices",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("snapshot_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("snapshot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_gate_devices_by_user_id")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_gate_devices_fair_id")),
        sa.ForeignKeyConstraint(
            ["room_id", "fair_id"],
            ["fair_rooms.id", "fair_rooms.fair_id"],
            name=op.f("fk_gate_devices_room_id_fair_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_devices")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_gate_devices_secret_hash")),
    )
    op.create_index("ix_gate_devices_fair_id", "gate_devices", ["fair_id", "id"], unique=False)
    op.create_table(
        "timetable_changes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("timetable_id", sa.Uuid(), nullable=True),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("values", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("moves", postgresql.JSONB(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_timetable_changes_decided")),
        sa.CheckConstraint(
            "cause IN ('no_show', 'late', 'table_closed', 'representative', 'delay', 'walk_in', 'withdrawal', 'organiser', 'undo')",
            name=op.f("ck_timetable_changes_cause"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'discarded', 'undone')", name=op.f("ck_timetable_changes_state")
        ),
        sa.ForeignKeyConstraint(["base_id"], ["timetables.id"], name=op.f("fk_timetable_changes_base_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_timetable_changes_decided_by")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_timetable_changes_fair_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name=op.f("fk_timetable_changes_proposed_by")),
        sa.ForeignKeyConstraint(["timetable_id"], ["timetables.id"], name=op.f("fk_timetable_changes_timetable_id")),
        sa.ForeignKeyConstraint(["undoes_id"], ["timetable_changes.id"], name=op.f("fk_timetable_changes_undoes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timetable_changes")),
    )
    op.create_index("ix_timetable_changes_fair_id", "timetable_changes", ["fair_id", "id"], unique=False)
    op.create_index(
        "uq_timetable_changes_undoes",
        "timetable_changes",
        ["undoes_id"],
        unique=True,
        postgresql_where="state <> 'discarded'",
    )
    op.create_table(
        "checkins",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("nonce", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("companions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("scanned", sa.Text(), server_default="", nullable=False),
        sa.Column("is_forced", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("was_offline", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_checkins_direction")),
        sa.CheckConstraint(
            "refusal IN ('unknown', 'other_fair', 'no_seat', 'withdrawn', 'already_in', 'not_in', 'not_now', 'women_only', 'full', 'closed')",
            name=op.f("ck_checkins_refusal"),
        ),
        sa.CheckConstraint("candidate_id IS NOT NULL OR refusal IS NOT NULL", name=op.f("ck_checkins_somebody")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_checkins_by_user_id")),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_checkins_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["device_id"], ["gate_devices.id"], name=op.f("fk_checkins_device_id")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_checkins_fair_id")),
        sa.ForeignKeyConstraint(
            ["room_id", "fair_id"], ["fair_rooms.id", "fair_rooms.fair_id"], name=op.f("fk_checkins_room_id_fair_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkins")),
        sa.UniqueConstraint("nonce", name=op.f("uq_checkins_nonce")),
    )
    op.create_index("ix_checkins_candidate_id", "checkins", ["candidate_id", "device_at"], unique=False)
    op.create_index("ix_checkins_room", "checkins", ["fair_id", "room_id", "device_at", "id"], unique=False)
    op.create_table(
        "fair_messages",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=True),
        sa.Column("booth_id", sa.Uuid(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(candidate_id, booth_id) = 1", name=op.f("ck_fair_messages_one_reader")),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_fair_messages_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_fair_messages_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_messages_fair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_messages")),
        sa.UniqueConstraint(
            "fair_id",
            "message",
            "about",
            "candidate_id",
            "booth_id",
            name=op.f("uq_fair_messages_fair_id_message_about_candidate_id_booth_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_fair_messages_candidate_id", "fair_messages", ["candidate_id"], unique=False)
    op.create_table(
        "fair_offers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="sent", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("period", sa.Text(), server_default="fixed", nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("job_offer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (decided_at IS NULL)", name=op.f("ck_fair_offers_decided")),
        sa.CheckConstraint("kind IN ('gig', 'job', 'internship')", name=op.f("ck_fair_offers_kind")),
        sa.CheckConstraint("period IN ('hour', 'month', 'year', 'fixed')", name=op.f("ck_fair_offers_period")),
        sa.CheckConstraint(
            "state IN ('sent', 'accepted', 'declined', 'withdrawn', 'expired')", name=op.f("ck_fair_offers_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_fair_offers_amount")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_fair_offers_application_id")),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_fair_offers_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_fair_offers_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_fair_offers_contract_id")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_offers_fair_id")),
        sa.ForeignKeyConstraint(["job_offer_id"], ["job_offers.id"], name=op.f("fk_fair_offers_job_offer_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_fair_offers_made_by")),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name=op.f("fk_fair_offers_posting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_offers")),
    )
    op.create_index("ix_fair_offers_candidate_id", "fair_offers", ["candidate_id", "id"], unique=False)
    op.create_index("ix_fair_offers_contract_id", "fair_offers", ["contract_id"], unique=False)
    op.create_index("ix_fair_offers_fair_id", "fair_offers", ["fair_id", "id"], unique=False)
    op.create_index(
        "uq_fair_offers_waiting",
        "fair_offers",
        ["booth_id", "candidate_id"],
        unique=True,
        postgresql_where="state = 'sent'",
    )
    op.create_table(
        "preferences",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=True),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("choice IN ('must', 'would', 'no')", name=op.f("ck_preferences_choice")),
        sa.CheckConstraint("side IN ('candidate', 'employer')", name=op.f("ck_preferences_side")),
        sa.CheckConstraint("rank BETWEEN 1 AND 1000", name=op.f("ck_preferences_rank")),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_preferences_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_preferences_by_user_id")),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_preferences_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_preferences_fair_id")),
        sa.PrimaryKeyConstraint("candidate_id", "booth_id", "side", name=op.f("pk_preferences")),
    )
    op.create_index("ix_preferences_booth_id", "preferences", ["booth_id", "side"], unique=False)
    op.create_index("ix_preferences_fair_id", "preferences", ["fair_id"], unique=False)
    op.create_table(
        "representatives",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_representatives_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_representatives_fair_id")),
        sa.ForeignKeyConstraint(
            ["table_id", "booth_id"],
            ["fair_tables.id", "fair_tables.booth_id"],
            name=op.f("fk_representatives_table_id_booth_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_representatives_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representatives")),
        sa.UniqueConstraint("invitation_hash", name=op.f("uq_representatives_invitation_hash")),
    )
    op.create_index("ix_representatives_booth_id", "representatives", ["booth_id", "id"], unique=False)
    op.create_index("ix_representatives_user_id", "representatives", ["user_id"], unique=False)
    op.create_index(
        "uq_representatives_user",
        "representatives",
        ["booth_id", "user_id"],
        unique=True,
        postgresql_where="user_id IS NOT NULL AND ended_at IS NULL",
    )
    op.create_table(
        "table_closures",
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("reason IN ('break', 'late', 'closed', 'reserve')", name=op.f("ck_table_closures_reason")),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_table_closures_fair_id")),
        sa.ForeignKeyConstraint(
            ["slot_id", "fair_id"],
            ["fair_slots.id", "fair_slots.fair_id"],
            name=op.f("fk_table_closures_slot_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(
            ["table_id", "fair_id"],
            ["fair_tables.id", "fair_tables.fair_id"],
            name=op.f("fk_table_closures_table_id_fair_id"),
        ),
        sa.PrimaryKeyConstraint("table_id", "slot_id", name=op.f("pk_table_closures")),
    )
    op.create_index("ix_table_closures_fair_id", "table_closures", ["fair_id"], unique=False)
    op.create_index("ix_table_closures_slot_id", "table_closures", ["slot_id"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("word", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer IN ('working', 'left', 'never_started', 'other')", name=op.f("ck_follow_ups_answer")
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_follow_ups_answered")),
        sa.CheckConstraint("day IN (30, 90, 180)", name=op.f("ck_follow_ups_day")),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_follow_ups_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_follow_ups_fair_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["fair_offers.id"], name=op.f("fk_follow_ups_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint("offer_id", "day", name=op.f("uq_follow_ups_offer_id_day")),
    )
    op.create_index("ix_follow_ups_candidate_id", "follow_ups", ["candidate_id"], unique=False)
    op.create_index("ix_follow_ups_due", "follow_ups", ["due_on"], unique=False, postgresql_where="sent_at IS NULL")
    op.create_table(
        "meetings",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("timetable_id", sa.Uuid(), nullable=True),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=True),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("source", sa.Text(), server_default="plan", nullable=False),
        sa.Column("is_locked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("representative_id", sa.Uuid(), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("candidate_rating", sa.Integer(), nullable=True),
        sa.Column("candidate_word", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'no_show') = (missed_by IS NOT NULL)", name=op.f("ck_meetings_missed")),
        sa.CheckConstraint("missed_by IN ('candidate', 'employer')", name=op.f("ck_meetings_missed_by")),
        sa.CheckConstraint("source = 'queue' OR slot_id IS NOT NULL", name=op.f("ck_meetings_slot")),
        sa.CheckConstraint("source IN ('plan', 'standby', 'walk_in', 'queue')", name=op.f("ck_meetings_source")),
        sa.CheckConstraint(
            "state IN ('planned', 'called', 'checked_in', 'done', 'no_show', 'cancelled')",
            name=op.f("ck_meetings_state"),
        ),
        sa.CheckConstraint("candidate_rating BETWEEN 1 AND 5", name=op.f("ck_meetings_rating")),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_meetings_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_meetings_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_meetings_fair_id")),
        sa.ForeignKeyConstraint(
            ["representative_id"], ["representatives.id"], name=op.f("fk_meetings_representative_id")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id", "fair_id"], ["fair_slots.id", "fair_slots.fair_id"], name=op.f("fk_meetings_slot_id_fair_id")
        ),
        sa.ForeignKeyConstraint(
            ["table_id", "booth_id"],
            ["fair_tables.id", "fair_tables.booth_id"],
            name=op.f("fk_meetings_table_id_booth_id"),
        ),
        sa.ForeignKeyConstraint(
            ["timetable_id", "fair_id"],
            ["timetables.id", "timetables.fair_id"],
            name=op.f("fk_meetings_timetable_id_fair_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
        sa.UniqueConstraint("id", "fair_id", name=op.f("uq_meetings_id_fair_id")),
    )
    op.create_index("ix_meetings_booth_id", "meetings", ["booth_id", "id"], unique=False)
    op.create_index("ix_meetings_candidate_id", "meetings", ["candidate_id", "id"], unique=False)
    op.create_index("ix_meetings_fair_id", "meetings", ["fair_id", "slot_id"], unique=False)
    op.create_index(
        "uq_meetings_candidate_slot",
        "meetings",
        ["candidate_id", "slot_id"],
        unique=True,
        postgresql_where="state NOT IN ('no_show', 'cancelled')",
    )
    op.create_index(
        "uq_meetings_pair",
        "meetings",
        ["candidate_id", "booth_id"],
        unique=True,
        postgresql_where="state NOT IN ('no_show', 'cancelled')",
    )
    op.create_index(
        "uq_meetings_table_slot",
        "meetings",
        ["table_id", "slot_id"],
        unique=True,
        postgresql_where="state NOT IN ('no_show', 'cancelled')",
    )
    op.create_table(
        "fair_objections",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("timetable_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=True),
        sa.Column("booth_id", sa.Uuid(), nullable=True),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_fair_objections_answered")),
        sa.CheckConstraint("num_nonnulls(candidate_id, booth_id) = 1", name=op.f("ck_fair_objections_one_side")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_fair_objections_answered_by")),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_fair_objections_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_fair_objections_by_user_id")),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_fair_objections_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_objections_fair_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id", "fair_id"],
            ["meetings.id", "meetings.fair_id"],
            name=op.f("fk_fair_objections_meeting_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["timetable_id"], ["timetables.id"], name=op.f("fk_fair_objections_timetable_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_objections")),
    )
    op.create_index("ix_fair_objections_fair_id", "fair_objections", ["fair_id", "id"], unique=False)
    op.create_table(
        "fair_scorecards",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("scores", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("word", sa.Text(), server_default="", nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "result IN ('met', 'shortlisted', 'second_interview', 'offered', 'not_this_time', 'no_show')",
            name=op.f("ck_fair_scorecards_result"),
        ),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_fair_scorecards_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_fair_scorecards_by_user_id")),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_fair_scorecards_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_fair_scorecards_fair_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_fair_scorecards_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_scorecards")),
        sa.UniqueConstraint("booth_id", "candidate_id", name=op.f("uq_fair_scorecards_booth_id_candidate_id")),
    )
    op.create_index("ix_fair_scorecards_candidate_id", "fair_scorecards", ["candidate_id"], unique=False)
    op.create_index("ix_fair_scorecards_fair_id", "fair_scorecards", ["fair_id", "result"], unique=False)
    op.create_table(
        "queue_entries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fair_id", sa.Uuid(), nullable=False),
        sa.Column("booth_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=True),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'called', 'served', 'left', 'missed')", name=op.f("ck_queue_entries_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('called', 'served') OR called_at IS NOT NULL", name=op.f("ck_queue_entries_called")
        ),
        sa.ForeignKeyConstraint(
            ["booth_id", "fair_id"], ["booths.id", "booths.fair_id"], name=op.f("fk_queue_entries_booth_id_fair_id")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id", "fair_id"],
            ["fair_candidates.id", "fair_candidates.fair_id"],
            name=op.f("fk_queue_entries_candidate_id_fair_id"),
        ),
        sa.ForeignKeyConstraint(["fair_id"], ["fairs.id"], name=op.f("fk_queue_entries_fair_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_queue_entries_meeting_id")),
        sa.ForeignKeyConstraint(
            ["table_id", "booth_id"],
            ["fair_tables.id", "fair_tables.booth_id"],
            name=op.f("fk_queue_entries_table_id_booth_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entries")),
        sa.UniqueConstraint("booth_id", "number", name=op.f("uq_queue_entries_booth_id_number")),
    )
    op.create_index("ix_queue_entries_booth_id", "queue_entries", ["booth_id", "state", "number"], unique=False)
    op.create_index(
        "uq_queue_entries_called", "queue_entries", ["candidate_id"], unique=True, postgresql_where="state = 'called'"
    )
    op.create_index(
        "uq_queue_entries_live",
        "queue_entries",
        ["candidate_id", "booth_id"],
        unique=True,
        postgresql_where="state IN ('waiting', 'called')",
    )
