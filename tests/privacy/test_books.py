"""After somebody who earned has left, `marketplace check` still says that the books are sound."""

from marketplace.kernel import clock
from marketplace.kernel.queue import Services
from marketplace.privacy import deletions
from marketplace.privacy.blockers import blockers_of
from marketplace.privacy.exports import person_of
from tests.engines.payments.conftest import client, contract, sandbox, sandbox_server  # noqa: F401
from tests.escrow.conftest import world  # noqa: F401 - checks the books at its end
from tests.escrow.world import World, usd


async def test_the_books_are_sound_when_she_is_gone(world: World, services: Services) -> None:  # noqa: F811
    for kind, each in vars(services)["_by_type"].items():
        if kind not in world.services:
            world.services.add(each, kind)
    await world.rich(usd(100))
    ayesha = world.cast.ayesha.id
    await world.pay_out(usd(100))
    async with world.database.write.begin() as db:
        said = [each.message for each in await blockers_of(db, await person_of(db, ayesha))]
    assert said == ["A payout is on its way to you. Wait until it has arrived."]
    await world.listen()
    await world.settle()
    async with world.database.write.begin() as db:
        await deletions.ask(db, ayesha, at=clock.now())
    clock.advance(deletions.WAITS)
    async with world.database.write.begin() as db:
        assert await deletions.delete_account(db, ayesha, at=clock.now())
    assert await world.problems() == []
    assert await world.ledger("world:bank:USD") == usd(100)
