"""The home page answers, for each hat, what she came for; and costs the same however much there is."""

from typing import Any

import pytest

from marketplace.contracts.disputes import actions
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.postings.models import Posting
from tests.cast import Cast, user_named
from tests.contracts.scenes import agreed, delivered
from tests.gigs.writing import proposed
from tests.postings.writing import opened
from tests.visitors import Browse, Browser, Statements


@pytest.fixture
async def gig(db: Session, cast: Cast) -> Posting:
    made = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), title="Crop calendar for phones")
    await db.commit()
    return made


async def test_a_visitor_learns_what_this_is_and_sees_that_it_lives(client: Browser, gig: Posting) -> None:
    shown = (await client.get("/")).text
    for whom in ("You do the work", "You give work", "You bring people together"):
        assert whom in shown
    assert shown.count('class="picture"') == 4, "how the money is protected, in four pictures"
    assert f'href="/gigs/{gig.slug}"' in shown and "Shopify and WordPress shops that load fast" in shown
    assert "Sign out" not in shown


async def test_a_freelancer_sees_who_answers_her_until_when(
    browse: Browse, db: Session, cast: Cast, gig: Posting
) -> None:
    browser = await browse(cast.ayesha)
    assert "Crop calendar" not in (await browser.get("/")).text
    await proposed(db, gig, cast.ayesha_profile, clock.now())
    await db.commit()
    shown = (await browser.get("/")).text
    assert "Crop calendar for phones" in shown and "Answer by" in shown and "USD 300.01" in shown


async def test_an_employer_sees_who_waits_and_nothing_twice(
    browse: Browse, db: Session, cast: Cast, gig: Posting
) -> None:
    browser = await browse(cast.bilal)
    before = (await browser.get("/")).text
    assert "Nobody waits for you." in before and before.count("Crop calendar for phones") == 1
    await proposed(db, gig, cast.ayesha_profile, clock.now())
    await db.commit()
    after = (await browser.get("/")).text
    assert f'href="/gigs/{gig.slug}/proposals"' in after and "1 proposal waits" in after
    assert after.count("Crop calendar for phones") == 1


async def test_a_contract_asks_the_employer_to_pay_in_first(browse: Browse, db: Session, cast: Cast) -> None:
    await agreed(db, cast)
    await db.commit()
    shown = (await (await browse(cast.bilal)).get("/")).text
    assert "To pay in before work begins" in shown and "Design on paper" in shown
    hers = (await (await browse(cast.ayesha)).get("/")).text
    assert "What you do next" not in hers, "an unfunded milestone asks nothing of her"


async def test_whoever_has_no_hat_yet_is_asked_what_she_wants(browse: Browse, db: Session, cast: Cast) -> None:
    await db.delete(cast.hina_profile)
    await db.commit()
    shown = (await (await browse(cast.hina)).get("/")).text
    assert "What do you want to do first?" in shown and 'href="/profile"' in shown and 'href="/gigs/new"' in shown


async def test_staff_are_not_asked_to_begin_something(browse: Browse, cast: Cast) -> None:
    shown = (await (await browse(cast.sana)).get("/")).text
    assert "All cases" in shown and "No case waits." in shown and "What do you want to do first?" not in shown


async def test_moderators_see_disputes_and_finance_what_waits(browse: Browse, db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    part = await delivered(db, cast, contract)
    await actions.open_dispute(db, part, side="employer", text="It is late.", by=cast.bilal.id, at=clock.now())
    bank: dict[str, Any] = {
        "charge_id": "ch_1",
        "state": "open",
        "reason": "fraudulent",
        "currency": "USD",
    }
    bank |= {"hold_id": part.hold_id, "amount_minor": 100_00, "opened_at": clock.now()}
    db.add(Chargeback(stripe_dispute_id="du_1", **bank))
    await db.flush()
    db.add_all(Chargeback(stripe_dispute_id=f"du_{n}", evidence_asked_at=clock.now(), **bank) for n in range(2, 23))
    farah = await user_named(db, "Farah Zaidi", staff_role="finance")
    await db.commit()
    hers = (await (await browse(cast.sana)).get("/")).text
    assert (part.title in hers, 'href="/moderation/disputes"' in hers) == (True, True)
    assert 'href="/moderation/chargebacks/' in hers, "a bank that nobody answers decides for the payer"
    money = (await (await browse(farah)).get("/")).text
    assert all(f'href="/ops/{page}"' in money for page in ("payouts", "receipts", "lines", "pay-ins", "books"))
    assert ("What do you want to do first?" in money, part.title in money) == (False, False)


async def test_nobody_else_sees_her_work(browse: Browse, db: Session, cast: Cast, gig: Posting) -> None:
    await proposed(db, gig, cast.ayesha_profile, clock.now())
    await db.commit()
    for other in (cast.hina, cast.omar, cast.sana):
        assert "USD 300.01" not in (await (await browse(other)).get("/")).text


async def test_the_home_of_an_employer_costs_the_same_for_one_gig_and_for_five(
    browse: Browse, db: Session, cast: Cast, gig: Posting, statements: Statements
) -> None:
    browser = await browse(cast.bilal)
    statements.clear()
    await browser.get("/")
    for_one = len(statements)
    for number in range(4):
        await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), title=f"Another gig, number {number}")
    await db.commit()
    statements.clear()
    assert "number 3" in (await browser.get("/")).text
    assert 0 < for_one == len(statements)


async def test_a_provider_reads_what_its_cohorts_wait_for(browse: Browse, db: Session, cast: Cast) -> None:
    cast.park.kinds = ["training_provider"]
    await db.commit()
    shown = (await (await browse(cast.omar)).get("/")).text
    assert "Your training" in shown and "No gig is open" not in shown
