"""A dispute from its opening to the money: answered or not, agreed, decided, appealed, waived, in time."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.contracts import actions as contracts
from marketplace.contracts import rules as contract_rules
from marketplace.contracts.disputes import actions, evidence, moderation, queries, rules, splits
from marketplace.contracts.disputes.models import Dispute, Settlement
from marketplace.contracts.models import Milestone
from marketplace.engines.deadlines import tasks as deadline_tasks
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.files.folder import Folder
from marketplace.engines.ledger.models import LedgerTransaction
from marketplace.escrow.models import Hold, Refund, Release
from marketplace.identity import audit
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import DomainError, Invalid, NotFound
from marketplace.kernel.money import Money
from tests.cast import Cast, user_named
from tests.contracts import scenes


def usd(minor: int) -> Money:
    return Money(minor, "USD")


async def disputed(db: Session, cast: Cast, *, stage: str = "delivered", answered: bool = True) -> Milestone:
    """Bilal contests what Ayesha delivered; she has answered."""
    contract = await scenes.agreed(db, cast)
    part = await getattr(scenes, stage)(db, cast, contract)
    await actions.open_dispute(
        db, part, side="employer", text="It is not what was agreed.", by=cast.bilal.id, at=clock.now()
    )
    if answered:
        await actions.say(db, part, side="freelancer", text="It is, see the list.", by=cast.ayesha.id, at=clock.now())
    return part


async def dispute_of(db: Session, part: Milestone) -> Dispute:
    query = select(Dispute).where(Dispute.milestone_id == part.id)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def stage_passes(db: Session, part: Milestone) -> None:
    """The present stage's time runs out, and the sweep finds it."""
    dispute = await dispute_of(db, part)
    query = select(Deadline).where(Deadline.subject_id == dispute.id)
    deadline = (await db.execute(query.execution_options(populate_existing=True))).scalar_one()
    clock.advance(max(deadline.due_at - clock.now(), timedelta()) + timedelta(seconds=1))
    await deadline_tasks.pass_(db, deadline_id=deadline.id)


async def money(db: Session) -> tuple[list[int], list[int]]:
    releases = (await db.execute(select(Release.amount_minor).order_by(Release.id))).scalars().all()
    refunds = (await db.execute(select(Refund.amount_minor).order_by(Refund.id))).scalars().all()
    return list(releases), list(refunds)


async def decided(db: Session, cast: Cast, release: int = 25_01) -> Milestone:
    part = await disputed(db, cast)
    await moderation.take(db, part, by=cast.sana.id, at=clock.now())
    await moderation.decide(db, part, usd(release), reason="A quarter is there.", by=cast.sana.id, at=clock.now())
    return part


async def test_while_it_lasts_nothing_moves(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast, answered=False)
    assert part.state == "disputed"
    for step in (
        contracts.accept_delivery(db, part, by=cast.bilal.id, at=clock.now()),
        contracts.ask_revision(db, part, missing="x", by=cast.bilal.id, at=clock.now()),
    ):
        with pytest.raises(contract_rules.MilestoneMoveRefused):
            await step
    clock.advance(timedelta(days=30))
    await contracts.release_unanswered(db, part, at=clock.now())
    assert await money(db) == ([], [])
    assert "dispute_opened" in await scenes.told(db, cast.ayesha.id)


async def test_it_is_opened_once_and_only_about_held_money(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast)
    with pytest.raises(rules.AlreadyDisputed):
        await actions.open_dispute(db, part, side="freelancer", text="No.", by=cast.ayesha.id, at=clock.now())
    contract = await db.get_one(type(part), part.id)
    second = await scenes.milestone(db, await scenes.agreed(db, cast), 2)
    with pytest.raises(contract_rules.MilestoneMoveRefused):
        await actions.open_dispute(db, second, side="employer", text="No.", by=cast.bilal.id, at=clock.now())
    with pytest.raises(Invalid):
        await actions.open_dispute(db, second, side="employer", text="  ", by=cast.bilal.id, at=clock.now())
    assert contract.state == "disputed"


async def test_without_an_answer_a_moderator_looks(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast, answered=False)
    dispute = await dispute_of(db, part)
    assert dispute.state == "open"
    await stage_passes(db, part)
    dispute = await dispute_of(db, part)
    assert (dispute.state, dispute.answered_at) == ("mediation", None)
    assert clock.now() - dispute.opened_at >= rules.ANSWER_IN
    assert "dispute_moved" in await scenes.told(db, cast.bilal.id)


async def test_both_agree_and_it_is_settled_at_once(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast)
    split = await splits.propose(db, part, usd(70_00), text="", side="freelancer", by=cast.ayesha.id, at=clock.now())
    await splits.accept(db, part, split.id, side="employer", by=cast.bilal.id, at=clock.now())
    assert part.state == "settled"
    assert await money(db) == ([70_00], [30_00])
    release = (await db.execute(select(Release))).scalar_one()
    assert release.fee_minor == 7_00, "the fee is taken from the released part only"
    kinds = (await db.execute(select(LedgerTransaction.kind).order_by(LedgerTransaction.id))).scalars().all()
    assert kinds.count("settlement") == 1
    assert (await db.get_one(Hold, part.hold_id)).state == "closed"


async def test_in_a_dispute_both_may_agree_on_all_of_it(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast)
    split = await splits.propose(db, part, usd(100_00), text="", side="employer", by=cast.bilal.id, at=clock.now())
    await splits.accept(db, part, split.id, side="freelancer", by=cast.ayesha.id, at=clock.now())
    assert await money(db) == ([100_00], [])


async def test_a_decision_waits_for_the_appeal_and_then_holds(db: Session, cast: Cast) -> None:
    part = await decided(db, cast)
    assert await money(db) == ([], []), "nothing moves before the days to appeal have passed"
    with pytest.raises(rules.DisputeMoveRefused):
        await splits.propose(db, part, usd(1), text="", side="employer", by=cast.bilal.id, at=clock.now())
    await stage_passes(db, part)
    assert part.state == "settled"
    assert await money(db) == ([25_01], [74_99])
    for person in (cast.ayesha, cast.bilal):
        told = await scenes.told(db, person.id)
        assert told.count("dispute_decided") == told.count("dispute_settled") == 1


async def test_both_waive_and_it_holds_at_once(db: Session, cast: Cast) -> None:
    part = await decided(db, cast)
    await actions.waive(db, part, side="employer", by=cast.bilal.id, at=clock.now())
    assert part.state == "disputed"
    with pytest.raises(rules.AppealOver):
        await actions.appeal(db, part, side="employer", text="After all.", by=cast.bilal.id, at=clock.now())
    await actions.waive(db, part, side="freelancer", by=cast.ayesha.id, at=clock.now())
    assert part.state == "settled"
    assert await money(db) == ([25_01], [74_99])


async def test_an_appeal_is_for_another_moderator_and_final(db: Session, cast: Cast) -> None:
    part = await decided(db, cast)
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    await actions.appeal(db, part, side="freelancer", text="The list is complete.", by=cast.ayesha.id, at=clock.now())
    with pytest.raises(rules.AnotherModerator):
        await moderation.take(db, part, by=cast.sana.id, at=clock.now())
    with pytest.raises(rules.NotYourDispute):
        await moderation.decide(db, part, usd(0), reason="Again.", by=cast.sana.id, at=clock.now())
    await moderation.take(db, part, by=rabia.id, at=clock.now())
    await moderation.decide(db, part, usd(90_00), reason="It is complete.", by=rabia.id, at=clock.now())
    assert await money(db) == ([90_00], [10_00])
    settlements = (await db.execute(select(Settlement).order_by(Settlement.id))).scalars().all()
    assert [each.in_force_at is not None for each in settlements] == [False, True]
    with pytest.raises(rules.DisputeMoveRefused):
        await actions.appeal(db, part, side="employer", text="Me too.", by=cast.bilal.id, at=clock.now())


async def test_an_appeal_that_nobody_decides_leaves_the_first_decision(db: Session, cast: Cast) -> None:
    part = await decided(db, cast)
    await actions.appeal(db, part, side="employer", text="No.", by=cast.bilal.id, at=clock.now())
    await stage_passes(db, part)
    assert await money(db) == ([25_01], [74_99])


async def test_after_three_days_there_is_no_appeal(db: Session, cast: Cast) -> None:
    part = await decided(db, cast)
    clock.advance(rules.APPEAL_IN)
    with pytest.raises(rules.AppealOver):
        await actions.appeal(db, part, side="employer", text="No.", by=cast.bilal.id, at=clock.now())


@pytest.mark.parametrize(
    ("stage", "is_sent_back", "expected"),
    [("delivered", False, ([100_00], [])), ("delivered", True, ([50_00], [50_00])), ("funded", False, ([], [100_00]))],
)
async def test_when_nobody_decides_the_default_holds(
    db: Session, cast: Cast, stage: str, expected: object, *, is_sent_back: bool
) -> None:
    contract = await scenes.agreed(db, cast)
    part = await getattr(scenes, stage)(db, cast, contract)
    if is_sent_back:
        await contracts.ask_revision(db, part, missing="The logo.", by=cast.bilal.id, at=clock.now())
    await actions.open_dispute(db, part, side="freelancer", text="Pay me.", by=cast.ayesha.id, at=clock.now())
    opened = clock.now()
    shown = await queries.dispute_view(db, (await dispute_of(db, part)).id, reader=cast.bilal.id, is_staff=False)
    for _ in range(2):
        await stage_passes(db, part)
    assert clock.now() - opened <= rules.DECIDE_IN + timedelta(minutes=1), "a decision within fourteen days in all"
    await stage_passes(db, part)
    assert await money(db) == expected
    assert [shown.default.amount_minor] == (expected[0] or [0]), "it was shown before"  # type: ignore[index]


async def test_who_may_decide(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast)
    with pytest.raises(rules.NotYourDispute):
        await moderation.decide(db, part, usd(1), reason="Mine.", by=cast.sana.id, at=clock.now())
    await moderation.take(db, part, by=cast.sana.id, at=clock.now())
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    with pytest.raises(rules.NotYourDispute):
        await moderation.take(db, part, by=rabia.id, at=clock.now())
    with pytest.raises(rules.OwnContract):
        await moderation.take(db, part, by=cast.bilal.id, at=clock.now())
    with pytest.raises(Invalid):
        await moderation.decide(db, part, usd(100_01), reason="Too much.", by=cast.sana.id, at=clock.now())
    lines = await audit.lines_of(db, ("dispute", (await dispute_of(db, part)).id))
    assert [line.action for line in lines if line.by_user_id == cast.sana.id] == ["dispute.taken"]


async def test_who_sees_it(db: Session, cast: Cast) -> None:
    part = await disputed(db, cast)
    id = (await dispute_of(db, part)).id

    async def sees(reader: UUID, *, is_staff: bool = False) -> bool:
        try:
            await queries.dispute_view(db, id, reader=reader, is_staff=is_staff)
        except NotFound:
            return False
        return True

    assert await sees(cast.ayesha.id)
    assert await sees(cast.bilal.id)
    assert not await sees(cast.hina.id)
    assert not await sees(cast.sana.id, is_staff=True), "what both wrote is opened by taking it"
    assert [line.is_takeable for line in await queries.queue(db, cast.sana.id, after=None, limit=9)] == [True]
    await moderation.take(db, part, by=cast.sana.id, at=clock.now())
    assert await sees(cast.sana.id, is_staff=True)
    assert [line.is_mine for line in await queries.queue(db, cast.sana.id, after=None, limit=9)] == [True]


async def test_the_evidence_pack_holds_what_both_have_seen(db: Session, cast: Cast, tmp_path: Path) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    delivered = await scenes.stored(db, cast, tmp_path, "logo.txt", b"the logo")
    await contracts.deliver(db, part, text="Here.", files=[delivered], by=cast.ayesha.id, at=clock.now())
    shown = await scenes.stored(db, cast, tmp_path, "../chat.txt", b"a screenshot")
    await actions.open_dispute(
        db, part, side="freelancer", text="Pay me.", files=[shown], by=cast.ayesha.id, at=clock.now()
    )
    id = (await dispute_of(db, part)).id
    view = await queries.dispute_view(db, id, reader=cast.bilal.id, is_staff=False)
    pack = await evidence.collect(db, view)

    first = b"".join([piece async for piece in evidence.write(pack, Folder(tmp_path))])
    again = b"".join([piece async for piece in evidence.write(pack, Folder(tmp_path))])
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        sums = dict(reversed(line.split("  ", 1)) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == set(names) - {"SHA256SUMS"}
        assert archive.read("deliveries/1/files/01-logo.txt") == b"the logo"
        assert sums["deliveries/1/files/01-logo.txt"] == delivered.sha256
        assert b"Pay me." in archive.read("statements/01-freelancer.txt")
        assert not any(name.startswith("/") or ".." in name for name in names)


async def test_refusals_are_ones_that_people_can_read() -> None:
    kinds = [each for each in vars(rules).values() if isinstance(each, type) and issubclass(each, DomainError)]
    assert all(kind.message.endswith(".") for kind in kinds if kind.__module__ == rules.__name__)
