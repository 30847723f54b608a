"""Reviews that tests write."""

from sqlalchemy import select

from marketplace.contracts import actions as contracts
from marketplace.contracts.models import Contract
from marketplace.contracts.reviews import actions
from marketplace.contracts.reviews.models import Review, ReviewSide
from marketplace.contracts.reviews.rules import CRITERIA, Words
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.contracts.scenes import agreed, delivered

SECRETS: dict[ReviewSide, str] = {"employer": "Zarqa-Ostrich says", "freelancer": "Qandeel-Walrus says"}
"""What each side writes; found nowhere before it is shown."""
NOTES: dict[ReviewSide, str] = {"employer": "Note-Heron", "freelancer": "Note-Egret"}


def words(side: ReviewSide, score: int = 5, text: str = "") -> Words:
    return Words(dict.fromkeys(CRITERIA[side], score), text or SECRETS[side], NOTES[side])


async def one_released(db: Session, cast: Cast) -> Contract:
    """A contract under way whose first milestone is released."""
    contract = await agreed(db, cast)
    part = await delivered(db, cast, contract)
    await contracts.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    return contract


async def over(db: Session, cast: Cast) -> Contract:
    """The first milestone was released, then the freelancer ended the contract: the window is open."""
    contract = await one_released(db, cast)
    await contracts.cancel_contract(db, contract, side="freelancer", by=cast.ayesha.id, at=clock.now())
    return contract


async def reviewed(db: Session, cast: Cast, contract: Contract, side: ReviewSide, score: int = 5) -> Review:
    by = cast.bilal.id if side == "employer" else cast.ayesha.id
    return await actions.write_review(db, contract, words(side, score), side=side, by=by, at=clock.now())


async def fresh(db: Session, contract: Contract, side: ReviewSide) -> Review:
    query = select(Review).where(Review.contract_id == contract.id, Review.side == side)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()
