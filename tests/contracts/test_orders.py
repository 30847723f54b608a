"""An order: the price that was read is the contract's, the hold's and the ledger's; unpaid, it ends in three days."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.contracts import actions, history, lists, orders, rules, threads, timeline
from marketplace.contracts import receipts as never_came
from marketplace.contracts.models import Contract
from marketplace.contracts.orders import Order
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.deadlines.tasks import pass_
from marketplace.escrow.models import Hold, Release
from marketplace.escrow.rails import receipts
from marketplace.escrow.rules import FeeTerms
from marketplace.gigs import service_rules, services
from marketplace.gigs.models import Service
from marketplace.gigs.service_rules import Package
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.money import Money
from marketplace.messages.models import Notice
from marketplace.talent import actions as talent
from marketplace.talent.queries import shown_skills
from marketplace.trust import blocks
from tests.cast import Cast, make_cast, user_named
from tests.contracts.scenes import asked_to_pay, lines, milestone, seen_by, stored, stripe_says, told
from tests.gigs.offering import SERVICE, offered

WANTED = Order(2, (1,), "Our shop sells seeds; the first page takes nine seconds.", ("Nokia",), Money(290_01, "USD"))


async def ordered(db: Session, cast: Cast, service: Service, **changes: Any) -> Contract:
    wanted = replace(WANTED, **changes)
    return await orders.order(
        db, service.id, wanted, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=clock.now()
    )


async def paid(db: Session, cast: Cast, contract: Contract) -> None:
    part = await milestone(db, contract)
    await asked_to_pay(db, cast, part)
    await stripe_says(db, part)


async def test_page_order_hold_and_ledger_say_one_price(db: Session, cast: Cast) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    contract = await ordered(db, cast, service)
    assert await told(db, cast.ayesha.id) == []
    part = await milestone(db, contract)
    assert (part.amount_minor, part.days, contract.revisions_included) == (290_01, 9, 2)
    await paid(db, cast, contract)
    part = await milestone(db, contract)
    assert part.due_at is not None and part.due_at - clock.now() > timedelta(days=8, hours=23)
    assert (await told(db, cast.ayesha.id), contract.unpaid_until) == (["order_received"], None)
    await actions.deliver(db, part, text="Here", by=cast.ayesha.id, at=clock.now())
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    hold = (await db.scalars(select(Hold).where(Hold.id == part.hold_id))).one()
    release = (await db.scalars(select(Release).where(Release.hold_id == hold.id))).one()
    expected = orders.preview(service_rules.choose(SERVICE, 2, (1,)), FeeTerms(1_000))
    assert hold.amount_minor == expected.gross.amount_minor == 290_01
    assert (release.fee_minor, release.amount_minor) == (expected.fee.amount_minor, expected.gross.amount_minor)
    earned = {skill.slug for skill in (await shown_skills(db, [cast.ayesha.id]))[cast.ayesha.id] if skill.count}
    assert earned == {"css", "html"}
    [work] = await history.work_of(db, cast.ayesha_profile.id)
    assert (work.title, work.employer) == (SERVICE.title, "AgriTrack")


async def test_an_edit_changes_no_order(db: Session, cast: Cast) -> None:
    at = clock.now()
    service = await offered(db, cast.ayesha_profile, at)
    contract = await ordered(db, cast, service)
    dearer = replace(SERVICE, title="Other", packages=(Package("Only", 999_00, 1, 0, "x"),), extras=())
    await services.edit(db, service, dearer, by=cast.ayesha.id, at=at)
    await services.remove(db, service, by=cast.ayesha.id, at=at)
    await paid(db, cast, contract)
    view = await seen_by(db, contract, cast.bilal.id)
    assert (view.title, view.milestones[0].amount, view.revisions_left) == (SERVICE.title, Money(290_01, "USD"), 2)
    assert view.terms["package"]["name"] == "Three pages"
    assert view.terms_hash == rules.terms_hash(view.terms)


async def test_what_is_refused(db: Session, cast: Cast) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    service = await offered(db, hers, at)
    for field, changes in {
        "package": {"package": 3},
        "extras": {"extras": (9,)},
        "brief": {"brief": "Do it"},
        "answers-0": {"answers": ()},
    }.items():
        with pytest.raises(Invalid) as refused:
            await ordered(db, cast, service, **changes)
        assert list(refused.value.fields) == [field]
    with pytest.raises(service_rules.ServiceChanged):
        await ordered(db, cast, service, price=Money(1_00, "USD"))
    with pytest.raises(rules.OwnService):
        await orders.order(db, service.id, WANTED, organisation_id=cast.park.id, by=cast.ayesha.id, at=at)
    await talent.go_away(db, hers, until=at + timedelta(days=3), text="", at=at)
    with pytest.raises(rules.SellerAway):
        await ordered(db, cast, service)
    await talent.come_back(db, hers, at=at)
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    with pytest.raises(NotFound):
        await ordered(db, cast, service)
    await blocks.unblock(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    await services.pause(db, service, by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await ordered(db, cast, service)
    assert await db.scalar(select(func.count()).select_from(Contract)) == 0


async def test_the_same_again_is_the_same_order_and_another_waits_for_its_payment(db: Session, cast: Cast) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    first = await ordered(db, cast, service)
    assert (await ordered(db, cast, service)).id == first.id
    with pytest.raises(rules.OrderWaits):
        await ordered(db, cast, service, brief=WANTED.brief + " And the second page too.")
    other = await orders.order(db, service.id, WANTED, organisation_id=cast.park.id, by=cast.omar.id, at=clock.now())
    assert other.id != first.id
    await paid(db, cast, first)
    assert (await ordered(db, cast, service)).id != first.id


async def test_an_order_that_nobody_pays_lapses(db: Session, cast: Cast) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    contract, other = (
        await ordered(db, cast, service),
        await ordered(db, cast, await offered(db, cast.hina_profile, clock.now())),
    )
    await asked_to_pay(db, cast, await milestone(db, contract))  # a pay page is open
    await paid(db, cast, other)
    due = {
        each.subject_id: each.id
        for each in (await db.scalars(select(Deadline).where(Deadline.kind == rules.ORDER_UNPAID))).all()
    }
    await pass_(db, deadline_id=due[contract.id])
    assert contract.state == "active"
    clock.advance(rules.ORDER_PATIENCE)
    for deadline_id in due.values():
        await pass_(db, deadline_id=deadline_id)
    assert (contract.state, other.state) == ("cancelled", "active")
    assert ((await milestone(db, contract)).state, (await milestone(db, other)).state) == ("cancelled", "funded")
    assert "order_lapsed" in await told(db, cast.bilal.id)
    assert await told(db, cast.ayesha.id) == []
    assert (await lines(db, contract))[-1] == ("contract.cancelled", None)
    assert (await ordered(db, cast, service)).id != contract.id


async def test_an_order_whose_transfer_never_came_waits_and_lapses_as_a_new_one(
    db: Session, cast: Cast, tmp_path: Path
) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    contract = await ordered(db, cast, service)
    part, file = await milestone(db, contract), await stored(db, cast, tmp_path)
    hold = await db.get_one(Hold, (await actions.fund_by_transfer(db, part, by=cast.bilal.id, at=clock.now())).hold_id)
    receipt = await receipts.hand_in(db, hold, file, by=cast.bilal.id, at=clock.now())
    finance = [(await user_named(db, name, staff_role="finance")).id for name in ("Farah Zaidi", "Imran Ali")]
    for by in finance:
        await receipts.say_amount(db, receipt.id, WANTED.price, by=by, at=clock.now())
    assert (part.state, contract.unpaid_until) == ("funded", None)
    clock.advance(rules.ORDER_PATIENCE)
    now = clock.now()
    for by in finance:
        await never_came.say_never_came(db, receipt.id, "On no statement.", by=by, at=now)
    assert (part.state, contract.unpaid_until) == ("planned", now + rules.ORDER_PATIENCE)
    [deadline] = (await db.scalars(select(Deadline).where(Deadline.kind == rules.ORDER_UNPAID))).all()
    clock.advance(rules.ORDER_PATIENCE)
    await pass_(db, deadline_id=deadline.id)
    assert (contract.state, (await milestone(db, contract)).state) == ("cancelled", "cancelled")


async def test_ordering_is_no_way_to_read_her_name(db: Session, cast: Cast) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    contract, bilal = await ordered(db, cast, service), cast.bilal.id

    async def seen() -> str:
        view = await seen_by(db, contract, bilal)
        events = await timeline.timeline_of(db, contract.id, locale="en")
        listed = [each.other_name for each in await lists.contracts_of(db, bilal)]
        steps = [each.other_name for each in await lists.steps_for(db, bilal, "employer")]
        thread = await threads.contract_thread(db, contract.id, bilal)
        notices = (await db.scalars(select(Notice.values).where(Notice.user_id == bilal))).all()
        return repr([view, events, listed, steps, thread, notices])

    assert "Ayesha" in await seen() and "Khan" not in await seen()
    assert not await history.has_contract_with(db, "ayesha", reader=bilal)
    assert (await seen_by(db, contract, cast.ayesha.id)).freelancer_name == "Ayesha Khan"
    part = await milestone(db, contract)
    await asked_to_pay(db, cast, part)
    await stripe_says(db, part, status="expired", payment_status="unpaid", payment_intent=None)
    assert "Khan" not in await seen()
    other = await orders.order(db, service.id, WANTED, organisation_id=cast.park.id, by=cast.omar.id, at=clock.now())
    await actions.cancel_contract(db, other, side="freelancer", by=cast.ayesha.id, at=clock.now())
    events = await timeline.timeline_of(db, other.id, locale="en")
    assert "Khan" not in repr([await seen_by(db, other, cast.omar.id), events])
    assert "Khan" not in repr((await db.scalars(select(Notice.values).where(Notice.user_id == cast.omar.id))).all())
    await paid(db, cast, contract)
    assert "Ayesha Khan" in await seen()
    assert await history.has_contract_with(db, "ayesha", reader=bilal)
    assert not await history.has_contract_with(db, "ayesha", reader=cast.omar.id)


async def test_revisions_end_with_what_the_package_includes(db: Session, cast: Cast) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    contract = await ordered(db, cast, service, package=1, extras=(), price=Money(100_00, "USD"))
    await paid(db, cast, contract)
    part = await milestone(db, contract)
    for number in (1, 2):
        await actions.deliver(db, part, text=f"Version {number}", by=cast.ayesha.id, at=clock.now())
        if number == 1:
            await actions.ask_revision(db, part, missing="The footer", by=cast.bilal.id, at=clock.now())
    with pytest.raises(rules.RevisionsUsed, match="new order"):
        await actions.ask_revision(db, part, missing="The logo", by=cast.bilal.id, at=clock.now())
    assert (await seen_by(db, contract, cast.bilal.id)).revisions_left == 0
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())


@pytest.mark.slow
@pytest.mark.parametrize("has_guard", [True, False])
async def test_fifty_at_once_leave_one_order(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch, has_guard: bool
) -> None:
    """Two colleagues, many tabs. Without the lock several find none that waits: the index refuses what they write."""
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        service = await offered(db, cast.ayesha_profile, clock.now())
    if not has_guard:
        lock = orders._lock_offered

        async def without_lock(db: Session, service_id: Any, by: Any) -> Any:
            found = select(Service).where(Service.id == service_id)
            return (await db.scalars(found)).one(), cast.ayesha_profile

        assert lock is not without_lock
        monkeypatch.setattr(orders, "_lock_offered", without_lock)

    async def one() -> Contract:
        async with cloned_database.write.begin() as db:
            return await ordered(db, cast, service)

    ended = await asyncio.gather(*(one() for _ in range(50)), return_exceptions=True)
    made = {each.id for each in ended if isinstance(each, Contract)}
    assert len(made) == 1
    assert any(isinstance(each, Exception) for each in ended) == (not has_guard)
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Contract)) == 1
