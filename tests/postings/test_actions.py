"""An employer writes, publishes, changes and ends a gig."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.search.models import SearchChange
from marketplace.identity import audit
from marketplace.identity.models import Membership
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.postings import actions, documents, queries, rules
from tests.cast import Cast
from tests.postings.writing import draft, opened, whole


@pytest.fixture
def at():
    return clock.now()


async def lines(db: Session, posting) -> list[str]:
    return [line.action for line in await audit.lines_of(db, ("posting", posting.id))]


async def noted(db: Session, posting) -> int:
    rows = select(SearchChange).where(SearchChange.index == "gigs", SearchChange.document_id == posting.id)
    return len((await db.execute(rows)).scalars().all())


async def test_a_gig_from_draft_to_its_end(db: Session, cast: Cast, at) -> None:
    posting = await draft(db, cast.agritrack.id, cast.bilal.id, at)
    for step in (actions.publish, actions.pause, actions.resume, actions.close):
        await step(db, posting, by=cast.bilal.id, at=at)

    assert (posting.state, posting.ended_at, posting.published_at) == ("closed", at, at)
    assert await lines(db, posting) == [
        *("posting.drafted", "posting.open", "posting.paused", "posting.open", "posting.closed"),
    ]
    assert await noted(db, posting) == 4


async def test_an_incomplete_draft_is_kept_but_not_published(db: Session, cast: Cast, at) -> None:
    posting = await draft(db, cast.agritrack.id, cast.bilal.id, at, skills=(), closes_at=None)
    with pytest.raises(Invalid) as refused:
        await actions.publish(db, posting, by=cast.bilal.id, at=at)

    assert set(refused.value.fields) == {"skills", "closes_on"}
    assert posting.state == "draft"


async def test_ended_gigs_refuse_every_change(db: Session, cast: Cast, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await actions.fill(db, posting, by=cast.bilal.id, at=at)

    for step in (actions.publish, actions.pause, actions.resume, actions.close, actions.fill):
        with pytest.raises(rules.PostingMoveRefused):
            await step(db, posting, by=cast.bilal.id, at=at)
    with pytest.raises(rules.PostingEnded):
        await actions.edit(db, posting, whole(at, title="Another title"), by=cast.bilal.id, at=at)
    assert posting.state == "filled"


async def test_an_open_gig_can_only_be_resumed_when_paused(db: Session, cast: Cast, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    with pytest.raises(rules.PostingMoveRefused):
        await actions.resume(db, posting, by=cast.bilal.id, at=at)


async def test_editing_writes_what_changed_and_moves_the_deadlines(db: Session, cast: Cast, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    slug = posting.slug
    later = at + timedelta(days=20)
    changed = whole(at, title="Crop calendar, now with prices", skills=("css",), closes_at=later)
    await actions.edit(db, posting, changed, by=cast.bilal.id, at=at)

    last = (await audit.lines_of(db, ("posting", posting.id)))[-1]
    assert (last.action, set(last.values["fields"])) == ("posting.edited", {"title", "skills", "closes_at"})
    assert posting.slug == slug
    assert await queries.content_of(db, posting) == changed
    due = await deadlines.of(db, ("posting", posting.id))
    assert due[actions.CLOSES].due_at == later


async def test_saving_without_a_change_leaves_no_line(db: Session, cast: Cast, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    before = await lines(db, posting)
    await actions.edit(db, posting, whole(at, skills=("html", "css")), by=cast.bilal.id, at=at)
    assert await lines(db, posting) == before


async def test_an_unknown_skill_is_refused(db: Session, cast: Cast, at) -> None:
    with pytest.raises(Invalid) as refused:
        await draft(db, cast.agritrack.id, cast.bilal.id, at, skills=("telepathy",))
    assert list(refused.value.fields) == ["skills"]


async def test_a_copy_says_the_same_without_dates(db: Session, cast: Cast, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    copy = await actions.clone(db, posting, by=cast.bilal.id, at=at)
    assert (copy.state, copy.id != posting.id, copy.slug != posting.slug) == ("draft", True, True)
    assert await queries.content_of(db, copy) == whole(at, closes_at=None, answer_by=None)


async def test_drafts_and_removed_gigs_are_seen_by_those_who_hire_only(db: Session, cast: Cast, at) -> None:
    posting = await draft(db, cast.agritrack.id, cast.bilal.id, at)
    db.add(Membership(user_id=cast.hina.id, organisation_id=cast.agritrack.id, role="finance", created_at=at))
    await db.flush()

    assert (await queries.posting_view(db, posting.slug, reader=cast.bilal.id)).may_manage
    for reader in (None, cast.ayesha.id, cast.hina.id, cast.sana.id):
        with pytest.raises(NotFound):
            await queries.posting_view(db, posting.slug, reader=reader)
    with pytest.raises(NotFound):
        await queries.managed(db, posting.slug, by=cast.hina.id)

    await actions.publish(db, posting, by=cast.bilal.id, at=at)
    view = await queries.posting_view(db, posting.slug, reader=None)
    assert (view.may_manage, [skill.slug for skill in view.skills]) == (False, ["css", "html"])
    await actions.remove(db, posting, by=cast.sana.id, at=at, why="asks for a deposit")
    with pytest.raises(NotFound):
        await queries.posting_view(db, posting.slug, reader=None)
    assert (await queries.posting_view(db, posting.slug, reader=cast.bilal.id)).state == "removed"


async def test_search_knows_only_gigs_that_take_proposals(db: Session, cast: Cast, at) -> None:
    posting = await draft(db, cast.agritrack.id, cast.bilal.id, at)
    assert await documents.load(db, [posting.id]) == []
    await actions.publish(db, posting, by=cast.bilal.id, at=at)
    (document,) = await documents.load(db, [posting.id])
    assert (document["title"], document["employer"], document["pay_max"]) == (posting.title, "AgriTrack", 400_00)
    assert set(document["skills"]) == {"html", "css"}
    await actions.pause(db, posting, by=cast.bilal.id, at=at)
    assert await documents.load(db, [posting.id]) == []
    await actions.resume(db, posting, by=cast.bilal.id, at=at)
    clock.advance(timedelta(days=15))
    assert await documents.load(db, [posting.id]) == []
