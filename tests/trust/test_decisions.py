"""Decisions: once, with a reason, by somebody whom it does not concern; restrictions end, and never touch money."""

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest
from sqlalchemy import select

from marketplace.identity.models import Membership
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.messages.models import Notice
from marketplace.trust import appeals, decisions, queries, restrictions, rules
from marketplace.trust.decisions import Verdict
from marketplace.trust.models import AppealState, CaseState
from marketplace.trust.restrictions import Restricted
from tests.cast import user_named
from tests.postings.writing import opened
from tests.trust.scenes import WHY, reported, restricted


async def told(db, user) -> list[str]:
    return list(await db.scalars(select(Notice.message).where(Notice.user_id == user.id).order_by(Notice.id)))


def test_states_move_as_the_tables_say_and_no_other_way() -> None:
    for state, to in product(get_args(CaseState), repeat=2):
        if (state, to) != ("open", "decided"):
            with pytest.raises(rules.CaseMoveRefused):
                rules.check_case_move(state, to)
    for state, to in product(get_args(AppealState), repeat=2):
        if state != "open" or to == "open":
            with pytest.raises(rules.AppealMoveRefused):
                rules.check_appeal_move(state, to)


async def test_a_decision_is_done_and_told_at_once_and_only_once(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    case = await reported(db, cast, gig.id, at)
    verdict = Verdict("remove", WHY, ("post",), 30)
    await decisions.decide(db, case.id, verdict, by=cast.sana.id, at=at)
    await db.refresh(gig)
    assert gig.state == "removed"
    assert await told(db, cast.bilal) == ["restriction_made", "case_decided"]
    assert await told(db, cast.hina) == ["report_decided"]
    with pytest.raises(rules.CaseMoveRefused):
        await decisions.decide(db, case.id, Verdict("none", WHY), by=cast.sana.id, at=at)
    with pytest.raises(Restricted, match="publish"):
        await restrictions.check(db, cast.bilal.id, "post", at=at)
    [hers] = (await queries.standing(db, cast.bilal.id)).restrictions
    assert (hers.said, hers.until_at) == (WHY, at + timedelta(days=30))


async def test_nobody_decides_about_herself_her_organisation_or_her_own_report(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    case = await reported(db, cast, gig.id, at)
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    db.add(Membership(user_id=rabia.id, organisation_id=cast.agritrack.id, role="member", created_at=at))
    await db.flush()
    for who in (rabia.id, cast.bilal.id, cast.hina.id):
        with pytest.raises(NotFound):
            await decisions.decide(db, case.id, Verdict("none", WHY), by=who, at=at)
        with pytest.raises(NotFound):
            await decisions.take(db, case.id, by=who, at=at)
        with pytest.raises(NotFound):
            await decisions.open_private(db, case.id, by=who, why=WHY, at=at)
    assert case.state == "open"


async def test_a_decision_fits_its_case_and_has_a_reason(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    case = await reported(db, cast, gig.id, at)
    for verdict, refused in (
        (Verdict("publish", WHY), rules.DecisionRefused),
        (Verdict("none", WHY, ("post",)), rules.DecisionRefused),
        (Verdict("none", "no"), Invalid),
        (Verdict("restrict", WHY), Invalid),
        (Verdict("restrict", WHY, ("post",), 0), Invalid),
        (Verdict("restrict", WHY, ("post",), 366), Invalid),
    ):
        with pytest.raises(refused):
            await decisions.decide(db, case.id, verdict, by=cast.sana.id, at=at)
    assert case.state == "open"


async def test_a_restriction_holds_from_then_until_then_and_only_for_what_it_says(db, cast) -> None:
    at = clock.now()
    made = await restricted(db, cast, at, what="message", days=7)
    assert made.until_at is not None
    await restrictions.check(db, cast.ayesha.id, "post", at=at)
    await restrictions.check(db, cast.hina.id, "message", at=at)
    await restrictions.check(db, cast.ayesha.id, "message", at=made.until_at)
    await restrictions.check(db, cast.ayesha.id, "message", at=at - timedelta(seconds=1))
    with pytest.raises(Restricted, match=r"until .* pay before") as refused:
        await restrictions.check(db, cast.ayesha.id, "message", at=made.until_at - timedelta(seconds=1))
    assert refused.value.status == 403
    forever = await restricted(db, cast, at, what="sign_in", days=None)
    with pytest.raises(Restricted, match="for now"):
        await restrictions.check(db, cast.ayesha.id, "apply", at=at + timedelta(days=3_000))
    forever.lifted_at = at
    await db.flush()
    await restrictions.check(db, cast.ayesha.id, "apply", at=at)


async def test_an_appeal_goes_once_and_to_somebody_else(db, cast) -> None:
    at = clock.now()
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    made = await restricted(db, cast, at)
    with pytest.raises(NotFound):
        await appeals.appeal(db, made.id, "This is not mine to say, is it?", by=cast.hina.id, at=at)
    with pytest.raises(Invalid):
        await appeals.appeal(db, made.id, "No!", by=cast.ayesha.id, at=at)
    asked = await appeals.appeal(db, made.id, "This was a misunderstanding.", by=cast.ayesha.id, at=at)
    with pytest.raises(appeals.AlreadyAppealed):
        await appeals.appeal(db, made.id, "This was a misunderstanding!", by=cast.ayesha.id, at=at)
    assert await appeals.waiting_for(db, cast.sana.id) == []
    for who in (cast.sana.id, cast.ayesha.id):
        with pytest.raises(NotFound):
            await appeals.decide(db, asked.id, is_lifted=True, reason=WHY, by=who, at=at)
    assert [each.id for each in await appeals.waiting_for(db, rabia.id)] == [asked.id]
    await appeals.decide(db, asked.id, is_lifted=True, reason=WHY, by=rabia.id, at=at)
    await restrictions.check(db, cast.ayesha.id, "message", at=at)
    with pytest.raises(rules.AppealMoveRefused):
        await appeals.decide(db, asked.id, is_lifted=False, reason=WHY, by=rabia.id, at=at)
    assert await told(db, cast.ayesha) == ["restriction_made", "appeal_decided"]


async def test_there_is_nothing_to_appeal_when_it_is_over(db, cast) -> None:
    made = await restricted(db, cast, clock.now())
    assert made.until_at is not None
    with pytest.raises(appeals.NothingToAppeal):
        await appeals.appeal(db, made.id, "This was a misunderstanding.", by=cast.ayesha.id, at=made.until_at)


async def test_private_text_is_read_with_a_reason_that_its_owner_sees(db, cast) -> None:
    at = clock.now()
    made = await restricted(db, cast, at)
    assert made.case_id is not None
    assert (await queries.case_view(db, made.case_id, moderator=cast.sana.id)).text is None
    with pytest.raises(Invalid):
        await decisions.open_private(db, made.case_id, by=cast.sana.id, why="curious", at=at)
    assert (await queries.standing(db, cast.ayesha.id)).reads == []
    await decisions.open_private(db, made.case_id, by=cast.sana.id, why="To see what he wrote.", at=at)
    assert (await queries.case_view(db, made.case_id, moderator=cast.sana.id)).text == "Come to my hotel."
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    assert (await queries.case_view(db, made.case_id, moderator=rabia.id)).text is None, "each says why herself"
    [line] = (await queries.standing(db, cast.ayesha.id)).reads
    assert (line.why, line.at, line.by_name) == ("To see what he wrote.", at, None)
    assert line.values["title"] == "A message"
