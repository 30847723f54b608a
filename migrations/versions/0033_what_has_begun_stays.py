"""The past of a fair never changes: the database refuses it too, whoever asks.

A meeting has begun when its slot has, or when somebody said what became of it. From then on only what became of it can
be said; a fair that was on is on or over. The time is the row's own `updated_at`, which is the application's word (its
clock is ahead of ours in demo and tests), or ours, whichever is later; a minute is left for transactions under way.
"""

from alembic import op

revision = "0033"
down_revision = "0030"

BEGUN = """
CREATE FUNCTION fair_slot_has_begun(p_slot uuid, p_said timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT starts_at <= greatest(clock_timestamp() - interval '1 minute', p_said)
                     FROM fair_slots WHERE id = p_slot), false)
$$
"""

MEETINGS = """
CREATE FUNCTION fair_meetings_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_talked constant text[] := ARRAY['checked_in', 'done', 'no_show'];
    v_may_be constant text[] := ARRAY['called', 'checked_in', 'done', 'no_show'];
    v_is_on boolean := (SELECT state IN ('live', 'closed') FROM fairs WHERE id = OLD.fair_id);
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF v_is_on AND (OLD.state = ANY (v_talked) OR fair_slot_has_begun(OLD.slot_id, NULL)) THEN
            RAISE EXCEPTION 'fairs: what has begun stays' USING ERRCODE = 'FA001';
        END IF;
        RETURN OLD;
    END IF;
    IF NOT v_is_on THEN
        RETURN NEW;
    END IF;
    IF OLD.state = 'no_show' AND NEW.state = 'done' AND NEW.source = 'queue' AND NEW.slot_id IS NULL THEN
        -- She came after all while somebody else had her seat: it was between the slots.
        NEW.slot_id := OLD.slot_id; NEW.source := OLD.source;
        IF fair_meeting_cell(NEW) IS DISTINCT FROM fair_meeting_cell(OLD) THEN
            RAISE EXCEPTION 'fairs: what has begun stays' USING ERRCODE = 'FA001';
        END IF;
        NEW.slot_id := NULL; NEW.source := 'queue';
        RETURN NEW;
    END IF;
    IF OLD.state = ANY (v_talked) OR fair_slot_has_begun(OLD.slot_id, NEW.updated_at) THEN
        IF fair_meeting_cell(NEW) IS DISTINCT FROM fair_meeting_cell(OLD)
           OR (NEW.state <> OLD.state AND (OLD.state = 'cancelled' OR NEW.state <> ALL (v_may_be)
               OR (OLD.state = ANY (v_talked) AND NEW.state <> ALL (v_talked))
               OR (OLD.state IN ('done', 'no_show') AND NEW.state = 'checked_in'))) THEN
            RAISE EXCEPTION 'fairs: what has begun stays' USING ERRCODE = 'FA001';
        END IF;
    ELSIF NEW.slot_id IS DISTINCT FROM OLD.slot_id AND fair_slot_has_begun(NEW.slot_id, NEW.updated_at) THEN
        RAISE EXCEPTION 'fairs: nobody is moved into the past' USING ERRCODE = 'FA001';
    END IF;
    RETURN NEW;
END $$
"""

CELL = """
CREATE FUNCTION fair_meeting_cell(p_row meetings) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT concat_ws(' ', p_row.id, p_row.fair_id, p_row.timetable_id, p_row.booth_id, p_row.table_id,
                     coalesce(p_row.slot_id::text, '-'), p_row.candidate_id, p_row.source, p_row.created_at)
$$
"""

SLOTS = """
CREATE FUNCTION fair_slots_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.starts_at <= clock_timestamp() - interval '1 minute'
       AND (SELECT state IN ('live', 'closed') FROM fairs WHERE id = OLD.fair_id) THEN
        RAISE EXCEPTION 'fairs: a slot that has begun stays' USING ERRCODE = 'FA001';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
"""

FAIRS = """
CREATE FUNCTION fairs_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'fairs: one that was on is on or over' USING ERRCODE = 'FA001';
END $$
"""

TRIGGERS = (
    """CREATE TRIGGER meetings_stay BEFORE UPDATE OR DELETE ON meetings
    FOR EACH ROW EXECUTE FUNCTION fair_meetings_stay()""",
    """CREATE TRIGGER fair_slots_stay BEFORE UPDATE OR DELETE ON fair_slots
    FOR EACH ROW EXECUTE FUNCTION fair_slots_stay()""",
    """CREATE TRIGGER fairs_end_once BEFORE UPDATE OF state ON fairs FOR EACH ROW
    WHEN ((OLD.state = 'live' AND NEW.state NOT IN ('live', 'closed')) OR (OLD.state = 'closed' AND NEW.state <> 'closed'))
    EXECUTE FUNCTION fairs_end_once()""",
)


def upgrade() -> None:
    for statement in (BEGUN, CELL, MEETINGS, SLOTS, FAIRS, *TRIGGERS):
        op.execute(statement)
