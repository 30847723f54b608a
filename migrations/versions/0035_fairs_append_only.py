"""What a fair has seen stays, also where rows are added: no meeting into the past, versions and readings as they were.

A meeting of the plan can't be put into a slot that has begun, and nobody into one that is over (standby and walk-ins
may still take a seat of the slot under way). A finished version of a timetable keeps its plan, input and figures; only
its state moves. A reading of a ticket is never changed or removed. Follow-ups say whether a first salary came.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

MEETINGS = """
CREATE FUNCTION fair_meetings_come() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_said constant timestamptz := greatest(NEW.created_at, NEW.updated_at, clock_timestamp() - interval '1 minute');
BEGIN
    IF (SELECT state IN ('live', 'closed') FROM fairs WHERE id = NEW.fair_id)
       AND EXISTS (SELECT FROM fair_slots WHERE id = NEW.slot_id
                   AND (ends_at <= v_said OR (starts_at <= v_said AND NEW.source = 'plan'))) THEN
        RAISE EXCEPTION 'fairs: nobody is put into the past' USING ERRCODE = 'FA001';
    END IF;
    RETURN NEW;
END $$
"""

VERSIONS = """
CREATE FUNCTION timetables_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'fairs: a version that is made stays as it is' USING ERRCODE = 'FA001';
END $$
"""

READINGS = """
CREATE FUNCTION checkins_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'fairs: a reading of a ticket stays' USING ERRCODE = 'FA001';
END $$
"""

MADE = "OLD.finished_at IS NOT NULL OR OLD.state = 'superseded'"
KEPT = (
    *("id", "fair_id", "number", "base_id", "objective", "seconds", "seed", "input", "cells", "figures"),
    *("fault", "made_by", "created_at", "started_at", "finished_at"),
)
CHANGED = (
    f"({', '.join(f'OLD.{name}' for name in KEPT)}) IS DISTINCT FROM ({', '.join(f'NEW.{name}' for name in KEPT)})"
)

TRIGGERS = (
    "CREATE TRIGGER meetings_come BEFORE INSERT ON meetings FOR EACH ROW EXECUTE FUNCTION fair_meetings_come()",
    f"""CREATE TRIGGER timetables_keep_plan BEFORE UPDATE OF {", ".join(KEPT)} ON timetables FOR EACH ROW
    WHEN (({MADE}) AND {CHANGED}) EXECUTE FUNCTION timetables_stay()""",
    f"""CREATE TRIGGER timetables_are_not_unmade BEFORE UPDATE OF state ON timetables FOR EACH ROW
    WHEN (({MADE}) AND NEW.state <> OLD.state AND NEW.state IN ('waiting', 'running', 'made', 'failed'))
    EXECUTE FUNCTION timetables_stay()""",
    f"""CREATE TRIGGER timetables_stay BEFORE DELETE ON timetables FOR EACH ROW
    WHEN ({MADE}) EXECUTE FUNCTION timetables_stay()""",
    "CREATE TRIGGER checkins_stay BEFORE UPDATE OR DELETE ON checkins FOR EACH ROW EXECUTE FUNCTION checkins_stay()",
)


def upgrade() -> None:
    for name in ("was_paid", "employer_paid"):
        op.add_column("follow_ups", sa.Column(name, sa.Boolean(), nullable=True))
    for statement in (MEETINGS, VERSIONS, READINGS, *TRIGGERS):
        op.execute(statement)
