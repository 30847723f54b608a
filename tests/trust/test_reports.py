"""Reports become cases: one for each thing, with a deadline and an owner whom it does not concern."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.identity.models import Membership
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.ids import parse
from marketplace.trust import queries, reports, rules
from marketplace.trust.models import Case, Report
from marketplace.trust.reports import Complaint
from tests.cast import user_named
from tests.postings.writing import draft, opened
from tests.trust.scenes import reported


async def test_a_report_keeps_the_thing_as_it_was(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    case = await reported(db, cast, gig.id, at)
    gig.title, gig.description = "Nothing to see here", "Nothing at all was ever written here, believe me."
    await db.flush()
    view = await queries.case_view(db, case.id, moderator=cast.sana.id)
    assert "Nothing" not in (view.text or "")
    assert view.case.evidence["title"] != gig.title
    assert view.reports[0].text == "They ask for 500."
    assert view.case.about_user_id == cast.bilal.id


async def test_deadlines_are_by_urgency_and_a_more_urgent_reason_brings_them_forward(db, cast) -> None:
    at = clock.now()
    for reason, (urgency, _) in rules.REASONS.items():
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
        case = await reported(db, cast, gig.id, at, reason=reason)
        assert case.due_at == at + rules.URGENCIES[urgency]
    assert rules.URGENCIES == {"safety": timedelta(hours=24), "scam": timedelta(hours=72), "other": timedelta(days=7)}
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    case = await reported(db, cast, gig.id, at, reason="untrue")
    later = at + timedelta(hours=1)
    said = Complaint("harassment", "He threatens me.")
    await reports.report(db, ("posting", gig.id), said, by=cast.ayesha.id, at=later)
    assert (case.reason, case.due_at) == ("harassment", later + timedelta(hours=24))
    await reports.report(db, ("posting", gig.id), Complaint("copied"), by=cast.ayesha.id, at=later)
    assert (case.reason, case.due_at) == ("harassment", later + timedelta(hours=24)), "less urgent changes nothing"


async def test_again_adds_to_the_case_and_the_very_same_adds_nothing(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    first, same = await reported(db, cast, gig.id, at), await reported(db, cast, gig.id, at)
    assert first.id == same.id
    await reports.report(db, ("posting", gig.id), Complaint("scam", "More of it."), by=cast.hina.id, at=at)
    assert await db.scalar(select(func.count()).select_from(Report)) == 2
    assert await db.scalar(select(func.count()).select_from(Case)) == 1


async def test_what_cant_be_reported(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    secret = await draft(db, cast.agritrack.id, cast.bilal.id, at)
    for thing in (("posting", secret.id), ("posting", parse("0" * 26)), ("telepathy", gig.id)):
        with pytest.raises(NotFound):
            await reports.report(db, thing, Complaint("scam"), by=cast.hina.id, at=at)
    with pytest.raises(reports.OwnThing):
        await reports.report(db, ("posting", gig.id), Complaint("scam"), by=cast.bilal.id, at=at)
    with pytest.raises(NotFound):
        await reports.report(db, ("organisation", cast.agritrack.id), Complaint("scam"), by=cast.bilal.id, at=at)
    for said in (Complaint("dislike"), Complaint("other"), Complaint("scam", "x" * 2_001)):
        with pytest.raises(Invalid):
            await reports.report(db, ("posting", gig.id), said, by=cast.hina.id, at=at)
    assert await db.scalar(select(func.count()).select_from(Case)) == 0


async def test_cases_go_round_and_never_to_whom_they_concern(db, cast) -> None:
    at = clock.now()
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    owners = []
    for _ in range(4):
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
        owners.append((await reported(db, cast, gig.id, at)).owner_id)
    assert sorted(owners) == sorted([cast.sana.id, rabia.id] * 2), "by turns"
    db.add(Membership(user_id=rabia.id, organisation_id=cast.agritrack.id, role="member", created_at=at))
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    case = await reported(db, cast, gig.id, at)
    assert case.owner_id == cast.sana.id, "Rabia belongs to AgriTrack"
    assert case.id in [row.id for row in await queries.queue(db, cast.sana.id, limit=10)]
    assert case.id not in [row.id for row in await queries.queue(db, rabia.id, limit=10)]
    with pytest.raises(NotFound):
        await queries.case_view(db, case.id, moderator=rabia.id)
    by_her = await opened(db, cast.park.id, cast.omar.id, at)
    made = await reports.report(db, ("posting", by_her.id), Complaint("scam"), by=rabia.id, at=at)
    assert (await db.get_one(Case, made.case_id)).owner_id == cast.sana.id, "and not to who reported it"


async def test_her_own_reports_and_the_queue_are_paged(db, cast) -> None:
    at = clock.now()
    for hour in range(3):
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
        await reported(db, cast, gig.id, at + timedelta(hours=hour))
    rows = await queries.queue(db, cast.sana.id, limit=2)
    rest = await queries.queue(db, cast.sana.id, after=(rows[-1].due_at, rows[-1].id), limit=2)
    assert [row.due_at for row in rows + rest] == sorted(row.due_at for row in rows + rest)
    assert len({row.id for row in rows + rest}) == 3
    assert await queries.queue(db, cast.sana.id, kind="posting", limit=2) == []
    assert await queries.queue(db, cast.sana.id, whose="unowned", limit=2) == []
    hers = await reports.reports_of(db, cast.hina.id, limit=2)
    assert len(hers + await reports.reports_of(db, cast.hina.id, after=hers[-1].id, limit=2)) == 3
    assert await reports.reports_of(db, cast.ayesha.id, limit=2) == []
    overview = await queries.overview(db, cast.sana.id, at=at + timedelta(hours=73))
    assert (overview.open, overview.mine, overview.late) == (3, 3, 1)
