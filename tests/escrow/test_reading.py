"""What people see of their money."""

from datetime import UTC, datetime, timedelta

from marketplace.escrow.fees import fee_terms
from marketplace.escrow.models import FeeRule
from marketplace.escrow.movements import Movement, movements_of
from marketplace.escrow.rules import FeeTerms
from marketplace.identity import audit
from marketplace.kernel import clock
from tests.escrow.world import World, usd


def line(movement: Movement) -> tuple[str, str, int, int]:
    return movement.kind, movement.state, movement.money.amount_minor, movement.fee.amount_minor


class TestMovements:
    async def test_each_side_sees_its_own_figures(self, world: World) -> None:
        await world.onboard()
        hold = await world.funded(usd(100))
        await world.release(hold, usd(60))
        await world.refund(hold, usd(40))
        await world.listen()
        await world.pay_out(usd(20))
        await world.settle()
        async with world.database.write.begin() as db:
            hers = await movements_of(db, user_id=world.cast.ayesha.id)
            theirs = await movements_of(db, organisation_id=world.cast.agritrack.id)
            nobodys = await movements_of(db, user_id=world.cast.hina.id)
        assert [line(each) for each in hers] == [
            ("payout", "confirmed", 20_00, 0),
            ("released", "sent", 54_00, 6_00),
            ("funded", "closed", 100_00, 0),
        ]
        assert [line(each) for each in theirs] == [
            ("refunded", "sent", 40_00, 0),
            ("released", "sent", 60_00, 6_00),
            ("funded", "closed", 100_00, 0),
        ]
        assert {each.purpose for each in theirs} == {"Shop, milestone 1"}
        assert (hers[0].hold_id, hers[1].hold_id) == (None, hold.id)
        assert nobodys == []

    async def test_the_cursor_walks_through_all_once(self, world: World) -> None:
        for amount in (10, 20, 30):
            await world.release(await world.funded(usd(amount)))
        async with world.database.write.begin() as db:
            whole = await movements_of(db, user_id=world.cast.ayesha.id)
            seen: list[Movement] = []
            while page := await movements_of(
                db, user_id=world.cast.ayesha.id, before=seen[-1].id if seen else None, limit=2
            ):
                seen += page
        assert len(whole) == 6
        assert seen == whole

    async def test_an_unpaid_hold_is_no_movement(self, world: World) -> None:
        await world.pay_page(await world.hold(usd(100)))
        async with world.database.write.begin() as db:
            assert await movements_of(db, user_id=world.cast.ayesha.id) == []


class TestBalance:
    async def test_money_walks_from_held_to_gone(self, world: World) -> None:
        hold = await world.funded(usd(100))
        assert (await world.balance()).held == usd(100)
        await world.release(hold, usd(50))
        balance = await world.balance()
        assert (balance.held, balance.owed) == (usd(50), usd(45))
        await world.onboard()
        await world.listen()
        await world.pay_out(usd(40))
        balance = await world.balance()
        assert (balance.owed, balance.available, balance.on_its_way) == (usd(0), usd(5), usd(40))
        assert (await world.balance(world.cast.hina)).held == usd(0)


class TestFeeRules:
    async def test_the_rule_of_the_day_holds(self, world: World) -> None:
        later = clock.now() + timedelta(days=30)
        async with world.database.write.begin() as db:
            db.add(FeeRule(kind="contract", currency="USD", payer="freelancer", basis_points=800, valid_from=later))
            await db.flush()
            assert await fee_terms(db, "contract", "USD", at=datetime(2026, 1, 1, tzinfo=UTC)) == FeeTerms(1_000)
            assert await fee_terms(db, "contract", "USD", at=later - timedelta(seconds=1)) == FeeTerms(1_000)
            assert await fee_terms(db, "contract", "USD", at=later) == FeeTerms(800)


class TestAudit:
    async def test_every_change_of_state_has_its_line(self, world: World) -> None:
        await world.onboard()
        hold = await world.funded(usd(100))
        release = await world.release(hold)
        await world.listen()
        transfer = await world.transfer(release)
        async with world.database.write.begin() as db:
            of_hold = await audit.lines_of(db, ("hold", hold.id))
            of_transfer = await audit.lines_of(db, ("transfer", transfer.id))
        said = [(each.action, each.by_name) for each in of_hold]
        assert said == [
            ("hold.opened", "Bilal Ahmed"),
            ("hold.checkout_started", "Bilal Ahmed"),
            ("hold.funded", None),
            ("hold.released", "Bilal Ahmed"),
        ]
        assert of_hold[-1].values == {
            "amount_minor": 100_00,
            "currency": "USD",
            "cause": "accepted",
            "fee_minor": 10_00,
        }
        assert [each.action for each in of_transfer] == ["transfer.sent"]
