"""From an accepted proposal to released money, step by step, for both sides."""

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import func, select, text

from marketplace.contracts import actions, rules, timeline
from marketplace.contracts.models import Contract, ContractState, Delivery, MilestoneState, Revision
from marketplace.contracts.rules import REVIEW
from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines import tasks as deadline_tasks
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.rendering import Site
from marketplace.engines.payments.models import Command
from marketplace.escrow import queries as escrow
from marketplace.escrow.models import Hold, Release
from marketplace.gigs.models import Proposal
from marketplace.gigs.rules import ProposalMoveRefused
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, drain, registered
from marketplace.postings.models import Posting
from marketplace.postings.queries import skills_of
from marketplace.skills.queries import evidence_of
from tests.cast import Cast
from tests.contracts import scenes


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    return await scenes.agreed(db, cast)


async def count(db: Session, table: type) -> int:
    return (await db.execute(select(func.count()).select_from(table))).scalar_one()


# --- accepting


async def test_an_accepted_proposal_becomes_a_contract_with_its_terms(
    db: Session, cast: Cast, contract: Contract
) -> None:
    assert (contract.state, contract.currency, contract.fee_basis_points) == ("active", "USD", 1000)
    view = await scenes.seen_by(db, contract, cast.ayesha.id)
    assert [(m.number, m.state, m.amount, m.net) for m in view.milestones] == [
        (1, "planned", Money(100_00, "USD"), Money(90_00, "USD")),
        (2, "planned", Money(200_01, "USD"), Money(180_01, "USD")),
    ]
    assert contract.terms["milestones"][1]["amount_minor"] == 200_01
    assert contract.terms_hash == rules.terms_hash(contract.terms)
    assert (await db.get_one(Posting, contract.posting_id)).state == "filled"


async def test_everybody_is_told_of_the_choice(db: Session, cast: Cast, contract: Contract) -> None:
    assert (await scenes.told(db, cast.ayesha.id))[-1] == "proposal_accepted"
    assert (await scenes.told(db, cast.bilal.id))[-1] == "contract_started"
    assert (await scenes.told(db, cast.hina.id))[-1] == "gig_filled"
    assert await scenes.lines(db, contract) == [("contract.started", None)]


async def test_a_proposal_is_accepted_once(db: Session, cast: Cast, contract: Contract) -> None:
    proposal = await db.get_one(Proposal, contract.proposal_id)

    with pytest.raises(ProposalMoveRefused):
        await actions.accept_proposal(db, proposal, by=cast.bilal.id, at=clock.now())

    assert await count(db, Contract) == 1


async def test_the_terms_hash_is_of_the_words_and_figures() -> None:
    terms = {"title": "ہنر", "milestones": [{"amount_minor": 1}]}

    assert rules.terms_hash(terms) == rules.terms_hash({"milestones": [{"amount_minor": 1}], "title": "ہنر"})
    assert rules.terms_hash(terms) != rules.terms_hash({**terms, "milestones": [{"amount_minor": 2}]})
    assert len(rules.terms_hash(terms)) == 64


# --- funding


async def test_however_often_fund_is_pressed_there_is_one_hold_and_one_page(
    db: Session, cast: Cast, contract: Contract
) -> None:
    part = await scenes.milestone(db, contract)

    commands = {await scenes.asked_to_pay(db, cast, part) for _ in range(3)}

    assert len(commands) == 1
    assert part.state == "funding"
    assert await count(db, Hold) == 1
    assert await count(db, Command) == 1
    assert await scenes.lines(db, contract) == [("contract.started", None), ("milestone.funding", 1)]


async def test_only_the_payment_funds_the_milestone(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.milestone(db, contract)
    await scenes.asked_to_pay(db, cast, part)

    await scenes.stripe_says(db, part, payment_status="unpaid", status="open")
    assert (await scenes.milestone(db, contract)).state == "funding"
    await scenes.stripe_says(db, part)
    await scenes.stripe_says(db, part)

    part = await scenes.milestone(db, contract)
    assert part.state == "funded"
    assert part.due_at is not None and part.due_at - clock.now() > timedelta(days=part.days - 1)
    assert (await escrow.balance_of(db, cast.ayesha.id)).held == Money(100_00, "USD")
    assert (await scenes.told(db, cast.ayesha.id)).count("milestone_funded") == 1
    assert (await scenes.told(db, cast.bilal.id)).count("payment_held") == 1


async def test_a_page_that_runs_out_leaves_it_planned_and_fundable(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.milestone(db, contract)
    first = await scenes.asked_to_pay(db, cast, part)
    await scenes.stripe_says(db, part, status="expired", payment_status="unpaid")

    assert (await scenes.milestone(db, contract)).state == "planned"
    assert (await scenes.told(db, cast.bilal.id))[-1] == "payment_lapsed"

    assert await scenes.asked_to_pay(db, cast, part) != first
    await scenes.stripe_says(db, part)
    assert (await scenes.milestone(db, contract)).state == "funded"
    assert await count(db, Hold) == 1


async def test_money_that_comes_after_the_page_ran_out_counts(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.milestone(db, contract)
    await scenes.asked_to_pay(db, cast, part)
    await scenes.stripe_says(db, part, status="expired", payment_status="unpaid")

    await scenes.stripe_says(db, part)

    assert (await scenes.milestone(db, contract)).state == "funded"


async def test_a_funded_milestone_is_not_funded_again(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.funded(db, cast, contract)

    with pytest.raises(rules.MilestoneMoveRefused):
        await scenes.asked_to_pay(db, cast, part)


# --- delivering


@pytest.mark.parametrize("is_paying", [False, True])
async def test_unfunded_work_can_not_be_delivered(db: Session, cast: Cast, contract: Contract, is_paying: bool) -> None:
    part = await scenes.milestone(db, contract)
    if is_paying:
        await scenes.asked_to_pay(db, cast, part)
    before = await scenes.lines(db, contract)

    with pytest.raises(rules.NotFunded) as refusal:
        await actions.deliver(db, part, text="Already done!", by=cast.ayesha.id, at=clock.now())

    assert refusal.value.status == 409
    assert await count(db, Delivery) == 0
    assert await scenes.lines(db, contract) == before


async def test_a_delivery_starts_the_review_period(db: Session, cast: Cast, contract: Contract, tmp_path: Path) -> None:
    part = await scenes.funded(db, cast, contract)
    file = await scenes.stored(db, cast, tmp_path)
    at = clock.now()

    await actions.deliver(db, part, text="Here.", files=[file], by=cast.ayesha.id, at=at)

    view = (await scenes.seen_by(db, contract, cast.bilal.id)).milestone(1)
    assert (view.state, view.review_until) == ("delivered", at + timedelta(days=14))
    assert [(d.number, d.text, [f.name for f in d.files]) for d in view.deliveries] == [(1, "Here.", ["logo.txt"])]
    assert (await scenes.told(db, cast.bilal.id))[-1] == "milestone_delivered"
    assert (await scenes.told(db, cast.ayesha.id))[-1] == "delivery_sent"


async def test_an_empty_delivery_is_refused(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.funded(db, cast, contract)

    for words in ("", "  \n", "x" * (rules.LONGEST_TEXT + 1)):
        with pytest.raises(Invalid):
            await actions.deliver(db, part, text=words, by=cast.ayesha.id, at=clock.now())
    assert part.state == "funded"


async def test_while_one_waits_for_an_answer_no_second_is_taken(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.delivered(db, cast, contract)

    with pytest.raises(rules.WaitsForAnswer):
        await actions.deliver(db, part, text="Once more", by=cast.ayesha.id, at=clock.now())


# --- reviewing


async def test_a_revision_stops_the_clock_and_a_new_delivery_starts_it_anew(
    db: Session, cast: Cast, contract: Contract
) -> None:
    part = await scenes.delivered(db, cast, contract)
    clock.advance(timedelta(days=3))
    await actions.ask_revision(db, part, missing="The cart page.", by=cast.bilal.id, at=clock.now())

    view = (await scenes.seen_by(db, contract, cast.ayesha.id)).milestone(1)
    assert (view.state, view.review_until, view.deliveries[0].missing) == ("revision", None, "The cart page.")
    assert (await deadlines.of(db, ("milestone", part.id)))[REVIEW].state == "cancelled"
    assert (await scenes.told(db, cast.ayesha.id))[-1] == "revision_asked"
    assert (await scenes.told(db, cast.bilal.id))[-1] == "revision_sent"

    at = clock.now()
    await actions.deliver(db, part, text="With the cart.", by=cast.ayesha.id, at=at)
    view = (await scenes.seen_by(db, contract, cast.ayesha.id)).milestone(1)
    assert (view.review_until, len(view.deliveries)) == (at + timedelta(days=14), 2)


async def test_a_revision_needs_words_and_a_delivery(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.funded(db, cast, contract)
    with pytest.raises(rules.MilestoneMoveRefused):
        await actions.ask_revision(db, part, missing="x", by=cast.bilal.id, at=clock.now())
    await actions.deliver(db, part, text="Here.", by=cast.ayesha.id, at=clock.now())
    with pytest.raises(Invalid):
        await actions.ask_revision(db, part, missing=" ", by=cast.bilal.id, at=clock.now())
    assert await count(db, Revision) == 0


async def test_an_accepted_delivery_releases_the_money_less_the_fee(
    db: Session, cast: Cast, contract: Contract
) -> None:
    part = await scenes.delivered(db, cast, contract)

    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    assert (await scenes.milestone(db, contract)).state == "released"
    release = (await db.execute(select(Release))).scalar_one()
    assert (release.amount_minor, release.fee_minor, release.cause) == (100_00, 10_00, "accepted")
    balance = await escrow.balance_of(db, cast.ayesha.id)
    assert (balance.held, balance.owed) == (Money(0, "USD"), Money(90_00, "USD"))
    assert "milestone_released" in await scenes.told(db, cast.ayesha.id)
    assert (await scenes.told(db, cast.bilal.id))[-1] == "money_released"
    assert contract.state == "active"
    assert (await deadlines.of(db, ("milestone", part.id)))[REVIEW].state == "cancelled"


@pytest.mark.parametrize("state", ["planned", "funding", "funded", "revision", "released"])
async def test_nothing_is_accepted_that_is_not_delivered(
    db: Session, cast: Cast, contract: Contract, state: str
) -> None:
    part = await scenes.delivered(db, cast, contract)
    part.state = state
    await db.flush()

    with pytest.raises(rules.MilestoneMoveRefused):
        await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    assert await count(db, Release) == 0


async def test_a_completed_contract_earns_her_the_skills_that_the_gig_asked_for(
    db: Session, cast: Cast, contract: Contract
) -> None:
    for number in (1, 2):
        part = await scenes.delivered(db, cast, contract, number)
        assert not await _earned(db, cast)
        await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    assert contract.posting_id is not None
    asked = await skills_of(db, contract.posting_id)
    assert asked
    assert await _earned(db, cast) == {skill.slug: 1 for skill in asked}


async def _earned(db: Session, cast: Cast) -> dict[str, int]:
    found = await evidence_of(db, [cast.ayesha.id])
    return {each.skill.slug: each.contract_count for each in found.get(cast.ayesha.id, []) if each.kind == "earned"}


async def test_the_contract_is_completed_with_its_last_milestone(db: Session, cast: Cast, contract: Contract) -> None:
    for number in (1, 2):
        part = await scenes.delivered(db, cast, contract, number)
        await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    await db.refresh(contract)
    assert contract.state == "completed"
    assert contract.ended_at is not None
    for user in (cast.ayesha, cast.bilal):
        assert (await scenes.told(db, user.id))[-1] == "contract_completed"
    assert (await escrow.balance_of(db, cast.ayesha.id)).owed == Money(270_01, "USD")


# --- silence


@pytest.fixture
def services(database: Database) -> Services:
    made = Services(Mailroom(Site("Hunar", "http://site.example"), "no-reply@site.example", "secret"))
    made.add(database, Database)
    return made


async def pass_deadlines(db: Session, services: Services) -> None:
    """The minute's sweep with the tasks that it defers, and nothing else that waits in the queue."""
    await db.execute(text("DELETE FROM pgqueuer"))
    await deadline_tasks.sweep(db)
    found = await db.execute(text("DELETE FROM pgqueuer RETURNING entrypoint, payload"))
    await db.commit()
    for name, payload in found:
        await registered()[name].run(services, payload)


async def test_silence_releases_at_the_end_of_the_review_period_and_not_before(
    db: Session, cast: Cast, contract: Contract, services: Services
) -> None:
    await scenes.delivered(db, cast, contract)

    clock.advance(timedelta(days=14) - timedelta(seconds=30))
    await pass_deadlines(db, services)
    assert (await scenes.milestone(db, contract)).state == "delivered"

    clock.advance(timedelta(seconds=31))
    await pass_deadlines(db, services)
    await pass_deadlines(db, services)
    assert (await scenes.milestone(db, contract)).state == "released"
    release = (await db.execute(select(Release))).scalar_one()
    assert (release.cause, release.by_user_id) == ("deadline", None)
    assert "milestone_released" in await scenes.told(db, cast.ayesha.id)


async def test_a_paused_review_waits(db: Session, cast: Cast, contract: Contract, services: Services) -> None:
    part = await scenes.delivered(db, cast, contract)
    await deadlines.pause(db, REVIEW, subject=("milestone", part.id), at=clock.now(), reason="Power cut in Multan")
    clock.advance(timedelta(days=20))
    await pass_deadlines(db, services)

    view = (await scenes.seen_by(db, contract, cast.bilal.id)).milestone(1)
    assert (view.state, view.review_paused_why) == ("delivered", "Power cut in Multan")

    await deadlines.resume(db, REVIEW, subject=("milestone", part.id), at=clock.now())
    clock.advance(timedelta(days=14, seconds=1))
    await pass_deadlines(db, services)
    assert (await scenes.milestone(db, contract)).state == "released"


async def test_an_answer_in_time_leaves_nothing_for_the_deadline(
    db: Session, cast: Cast, contract: Contract, services: Services
) -> None:
    part = await scenes.delivered(db, cast, contract)
    await actions.ask_revision(db, part, missing="x", by=cast.bilal.id, at=clock.now())
    clock.advance(timedelta(days=15))
    await pass_deadlines(db, services)

    assert (await scenes.milestone(db, contract)).state == "revision"
    assert await count(db, Release) == 0


# --- told


async def test_every_step_is_a_notice_and_a_mail_for_both(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.delivered(db, cast, contract)
    await actions.ask_revision(db, part, missing="The cart page.", by=cast.bilal.id, at=clock.now())
    await actions.deliver(db, part, text="With the cart.", by=cast.ayesha.id, at=clock.now())
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    hers = ["proposal_sent", "proposal_accepted", "milestone_funded", "delivery_sent", "revision_asked"]
    theirs = ["proposal_received", "proposal_received", "contract_started", "payment_held", "milestone_delivered"]
    hers += ["delivery_sent", "milestone_released"]
    theirs += ["revision_sent", "milestone_delivered", "money_released"]
    assert await scenes.told(db, cast.ayesha.id) == await scenes.mailed(db, cast.ayesha.email) == hers
    assert await scenes.told(db, cast.bilal.id) == await scenes.mailed(db, cast.bilal.email) == theirs


async def test_she_is_asked_to_connect_when_money_waits_for_it(
    db: Session, cast: Cast, contract: Contract, services: Services
) -> None:
    part = await scenes.delivered(db, cast, contract)
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    # What goes to Stripe, the index or the post is of no matter here.
    await db.execute(text("DELETE FROM pgqueuer WHERE entrypoint NOT LIKE 'contracts.%'"))
    await db.commit()
    await drain(services)

    assert (await scenes.told(db, cast.ayesha.id))[-1] == "payout_account_needed"


async def test_both_read_the_same_timeline_in_their_own_language(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.delivered(db, cast, contract)
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    events = await timeline.timeline_of(db, contract.id, locale="en")

    title = part.title
    assert [(event.text, event.who) for event in events] == [
        ("Proposal accepted: the contract begins, USD 300.01 in all", "Bilal Ahmed"),
        (f"Milestone 1, {title}: payment begun", "Bilal Ahmed"),
        (f"Milestone 1, {title}: funded, USD 100 is held", ""),
        (f"Milestone 1, {title}: delivered", "Ayesha Khan"),
        (f"Milestone 1, {title}: accepted, USD 90 released", "Bilal Ahmed"),
    ]


async def test_the_state_table_and_the_database_know_the_same_states() -> None:
    assert set(rules.MILESTONE_MOVES) == set(rules.MILESTONE_WORDS) == set(get_args(MilestoneState))
    assert set(rules.CONTRACT_MOVES) == set(get_args(ContractState))


@pytest.mark.parametrize("state", sorted(rules.MILESTONE_MOVES))
@pytest.mark.parametrize("to", sorted(rules.MILESTONE_MOVES))
async def test_what_the_table_does_not_have_is_refused(state: str, to: str) -> None:
    if to in rules.MILESTONE_MOVES[state]:
        rules.check_milestone_move(state, to)
    else:
        with pytest.raises((rules.MilestoneMoveRefused, rules.NotFunded, rules.WaitsForAnswer)):
            rules.check_milestone_move(state, to)
