"""A candidate's ticket: the address of her own page, which needs no password, and what is typed at the door.

The secret of the address is made from her id with the house's key: it can be sent again, and the database knows only
its hash. A new `ticket_version` makes a new address; the old one is nobody's then.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 24
"""Letters of the secret: 144 bits, and short enough for one SMS."""


@dataclass(frozen=True, slots=True)
class TicketKey:
    """Makes the secrets of all tickets; opened by the runtime."""

    value: bytes = field(repr=False)

    def secret(self, candidate_id: UUID, version: int = 1) -> str:
        """The secret of that ticket."""
        made = hmac.new(self.value, f"fair ticket {candidate_id} {version}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode()[:_LENGTH]

    def invitation(self, booth_id: UUID) -> str:
        """The secret of the link by which an employer takes a booth that the organiser made for it."""
        made = hmac.new(self.value, f"fair booth {booth_id}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode()[:_LENGTH]

    def path(self, candidate: FairCandidate) -> str:
        """The address of her page."""
        return f"/tickets/{self.secret(candidate.id, candidate.ticket_version)}"


def hash_of(secret: str) -> bytes:
    """What the database keeps of it."""
    return hashlib.sha256(secret.encode()).digest()


def new_code(number: int) -> str:
    """What can be typed at the door: three random letters and her number, so no two of a fair are the same."""
    return f"{''.join(secrets.choice(_LETTERS) for _ in range(3))}{number:04}"


async def behind(db: AnySession, secret: str) -> tuple[FairCandidate, Fair]:
    """Whose ticket it is, and of which fair. Raises: NotFound."""
    joined = select(FairCandidate, Fair).join(Fair, Fair.id == FairCandidate.fair_id)
    found = (await db.execute(joined.where(FairCandidate.ticket_hash == hash_of(secret)))).one_or_none()
    if found is None:
        raise NotFound
    candidate, fair = found
    return candidate, fair


async def own(db: AnySession, fair_id: UUID, user_id: UUID) -> FairCandidate | None:
    """Her registration at a fair, by her account: the living one, else the last that she ended."""
    over = FairCandidate.state.in_(("withdrawn", "removed"))
    found = select(FairCandidate).where(FairCandidate.fair_id == fair_id, FairCandidate.user_id == user_id)
    return await db.scalar(found.order_by(over, FairCandidate.id.desc()).limit(1))


async def say_in(db: Session, candidate: FairCandidate, locale: str) -> None:
    """Her messages come in that language from now on."""
    candidate.locale = locale
    await db.flush()
