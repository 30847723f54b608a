"""News of safety, for the floors above: whoever owns a subject does what was decided; messages/ tells the people."""

from datetime import datetime
from uuid import UUID

from marketplace.kernel.events import Event


class CaseDecided(Event, frozen=True):
    """A moderator decided. `decision` is one of models.Decision: the subject's room subscribes and does it."""

    case_id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    decision: str
    by: UUID
    reason: str
    at: datetime


class RestrictionMade(Event, frozen=True):
    """Somebody can't do something for a while."""

    restriction_id: UUID
    user_id: UUID
    at: datetime


class AppealDecided(Event, frozen=True):
    """Another moderator looked at a restriction again."""

    appeal_id: UUID
    restriction_id: UUID
    user_id: UUID
    is_lifted: bool
    at: datetime


class PrivateTextRead(Event, frozen=True):
    """A moderator opened somebody's private text for a case; its owners see it at /safety/standing."""

    case_id: UUID
    owner_id: UUID
    at: datetime
