"""Timetables in numbered versions, the meetings of the one that counts, changes of it, objections."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

TimetableState = Literal["waiting", "running", "made", "failed", "provisional", "published", "superseded"]
MeetingState = Literal["planned", "called", "checked_in", "done", "no_show", "cancelled"]
MeetingSource = Literal["plan", "standby", "walk_in", "queue"]
ChangeCause = Literal[
    "no_show", "late", "table_closed", "representative", "delay", "walk_in", "withdrawal", "organiser", "undo"
]
ChangeState = Literal["proposed", "confirmed", "discarded", "undone"]
PartyThatMissed = Literal["candidate", "employer"]
_LIVE = "state NOT IN ('no_show', 'cancelled')"


class Timetable(Base):
    """A version of a fair's timetable; its meetings are rows of `meetings` while it is provisional or published.

    `input` is the whole problem as published with its `seed`: anybody can make the plan again. `cells` is the plan, a
    list of [candidate, booth, table, slot] (short ids), kept for ever: versions are compared and brought back by it.
    `figures` are those of the result page, `progress` is what the run said last, `base_id` the version it was made
    from.
    """

    __tablename__ = "timetables"
    __table_args__ = (
        one_of("state", TimetableState),
        UniqueConstraint("fair_id", "number"),
        UniqueConstraint("id", "fair_id"),
        CheckConstraint("(cells IS NOT NULL) = (state NOT IN ('waiting', 'running', 'failed'))", name="cells"),
        *(
            Index(f"uq_timetables_{name}", "fair_id", unique=True, postgresql_where=f"state IN {states}")
            for name, states in (("live", "('provisional', 'published')"), ("running", "('waiting', 'running')"))
        ),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="waiting")
    base_id: Mapped[UUID | None] = mapped_column(ForeignKey("timetables.id"))
    objective: Mapped[str] = mapped_column(server_default="coverage")
    seconds: Mapped[int] = mapped_column(server_default="5")
    seed: Mapped[int] = mapped_column(BigInteger)
    input: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    cells: Mapped[list[Any] | None] = mapped_column(deferred=True)
    figures: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    progress: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    fault: Mapped[str] = mapped_column(server_default="")
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    started_at: Mapped[datetime | None] = optional_timestamp()
    finished_at: Mapped[datetime | None] = optional_timestamp()
    provisional_at: Mapped[datetime | None] = optional_timestamp()
    objections_until: Mapped[datetime | None] = optional_timestamp()
    published_at: Mapped[datetime | None] = optional_timestamp()


class Meeting(Base):
    """One candidate at one table in one slot, or (from the queue of an open hall) without a slot.

    No candidate and no table is in two live meetings of a slot, and no pair meets twice. Rows that move: cancel them
    first, then give them their new cells, since the indexes are checked row by row. What each side said afterwards:
    `missed_by` for a no-show, `candidate_rating` (1..5) and `candidate_word` hers; the employer's is the scorecard.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        one_of("state", MeetingState),
        one_of("source", MeetingSource),
        one_of("missed_by", PartyThatMissed),
        UniqueConstraint("id", "fair_id"),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        ForeignKeyConstraint(["table_id", "booth_id"], ["fair_tables.id", "fair_tables.booth_id"]),
        ForeignKeyConstraint(["slot_id", "fair_id"], ["fair_slots.id", "fair_slots.fair_id"]),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["timetable_id", "fair_id"], ["timetables.id", "timetables.fair_id"]),
        CheckConstraint("source = 'queue' OR slot_id IS NOT NULL", name="slot"),
        CheckConstraint("(state = 'no_show') = (missed_by IS NOT NULL)", name="missed"),
        CheckConstraint("candidate_rating BETWEEN 1 AND 5", name="rating"),
        *(
            Index(f"uq_meetings_{name}", *columns, unique=True, postgresql_where=_LIVE)
            for name, columns in (
                ("candidate_slot", ("candidate_id", "slot_id")),
                ("table_slot", ("table_id", "slot_id")),
                ("pair", ("candidate_id", "booth_id")),
            )
        ),
        Index("ix_meetings_fair_id", "fair_id", "slot_id"),
        Index("ix_meetings_candidate_id", "candidate_id", "id"),
        Index("ix_meetings_booth_id", "booth_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    timetable_id: Mapped[UUID | None]
    booth_id: Mapped[UUID]
    table_id: Mapped[UUID]
    slot_id: Mapped[UUID | None]
    candidate_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="planned")
    source: Mapped[str] = mapped_column(server_default="plan")
    is_locked: Mapped[bool] = mapped_column(server_default="false")
    representative_id: Mapped[UUID | None] = mapped_column(ForeignKey("representatives.id"))
    called_at: Mapped[datetime | None] = optional_timestamp()
    began_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()
    missed_by: Mapped[str | None]
    cancel_reason: Mapped[str] = mapped_column(server_default="")
    candidate_rating: Mapped[int | None]
    candidate_word: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()


class TimetableChange(Base):
    """A re-plan as a difference: proposed, then confirmed by somebody, who may undo it.

    `moves` is {"kept": n, "moved": […], "new": […], "cancelled": […]}; each cell as {"meeting", "candidate", "table",
    "slot"} (short ids), a moved one with "from_table" and "from_slot". It holds for the version it was made from
    (`base_id`): when another became live, it is made again. Confirming makes version `timetable_id`.
    """

    __tablename__ = "timetable_changes"
    __table_args__ = (
        one_of("cause", ChangeCause),
        one_of("state", ChangeState),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        Index("ix_timetable_changes_fair_id", "fair_id", "id"),
        Index("uq_timetable_changes_undoes", "undoes_id", unique=True, postgresql_where="state <> 'discarded'"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    base_id: Mapped[UUID] = mapped_column(ForeignKey("timetables.id"))
    timetable_id: Mapped[UUID | None] = mapped_column(ForeignKey("timetables.id"))
    undoes_id: Mapped[UUID | None] = mapped_column(ForeignKey("timetable_changes.id"))
    cause: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="proposed")
    values: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    moves: Mapped[dict[str, Any]]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = timestamp()
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = optional_timestamp()


class Objection(Base):
    """What a candidate or an employer says against a provisional timetable, and the organiser's answer."""

    __tablename__ = "fair_objections"
    __table_args__ = (
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        ForeignKeyConstraint(["meeting_id", "fair_id"], ["meetings.id", "meetings.fair_id"]),
        CheckConstraint("num_nonnulls(candidate_id, booth_id) = 1", name="one_side"),
        CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered"),
        Index("ix_fair_objections_fair_id", "fair_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    timetable_id: Mapped[UUID] = mapped_column(ForeignKey("timetables.id"))
    candidate_id: Mapped[UUID | None]
    booth_id: Mapped[UUID | None]
    meeting_id: Mapped[UUID | None]
    text: Mapped[str]
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = timestamp()
    answer: Mapped[str] = mapped_column(server_default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = optional_timestamp()
