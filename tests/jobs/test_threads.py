"""Conversations about applications and reports of them: blind until the shortlist, too."""

from dataclasses import replace

import pytest

from marketplace.jobs import applications, stages
from marketplace.jobs.models import Application
from marketplace.jobs.tasks import remove
from marketplace.jobs.threads import reported
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.messages.thread_subjects import subject_of
from marketplace.postings.models import Posting
from marketplace.trust.events import CaseDecided
from tests.cast import Cast
from tests.jobs.writing import ENTRY, applied, job
from tests.visitors import Browse


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def opening(db: Session, cast: Cast, at) -> Posting:
    return await job(db, cast.agritrack.id, cast.bilal.id, at)


@pytest.fixture
async def hers(db: Session, cast: Cast, opening: Posting, at) -> Application:
    made = await applied(db, opening, cast.ayesha_profile, at, replace(ENTRY, cover=f"Ayesha here. {ENTRY.cover}"))
    await db.commit()
    return made


async def test_a_thread_has_her_and_those_who_hire(db: Session, cast: Cast, hers, at) -> None:
    subject = await subject_of(db, "application", hers.id, reader=cast.bilal.id)
    assert set(subject.members) == {cast.ayesha.id, cast.bilal.id} and subject.letters == {cast.ayesha.id: "A"}
    assert "Ayesha" not in subject.text_for(cast.bilal.id, cast.ayesha.id, "I am Ayesha")
    for stranger in (cast.omar.id, cast.hina.id):
        with pytest.raises(NotFound):
            await subject_of(db, "application", hers.id, reader=stranger)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    subject = await subject_of(db, "application", hers.id, reader=cast.bilal.id)
    assert (subject.letters, subject.is_acquainted) == ({}, True)
    await applications.withdraw(db, hers, by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await subject_of(db, "application", hers.id, reader=cast.bilal.id)
    assert not (await subject_of(db, "application", hers.id, reader=cast.ayesha.id)).may_write


async def test_a_report_names_nobody_before_the_shortlist(browse: Browse, db: Session, cast: Cast, hers, at) -> None:
    subject = await reported(db, hers.id, cast.bilal.id)
    assert subject is not None and not subject.is_named and "Ayesha" not in repr(subject)
    assert await reported(db, hers.id, cast.omar.id) is None
    assert await reported(db, hers.id, cast.ayesha.id) is None
    browser = await browse(cast.bilal)
    for path in (f"/report/application/{ids.short(hers.id)}", f"/messages/about/application/{ids.short(hers.id)}"):
        shown = await browser.get(path)
        assert shown.status_code == 200, path
        assert "Ayesha" not in shown.text and ids.short(cast.ayesha.id) not in shown.text, path
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await db.commit()
    assert ids.short(cast.ayesha.id) in (await browser.get(f"/report/application/{ids.short(hers.id)}")).text


async def test_what_a_moderator_removes_does_not_go_on(db: Session, cast: Cast, hers, at) -> None:
    decided = CaseDecided(
        case_id=hers.id,
        kind="report",
        subject_kind="application",
        subject_id=hers.id,
        decision="remove",
        by=cast.sana.id,
        reason="abuse",
        at=at,
    )
    await remove(db, decided)
    assert (hers.state, hers.reject_reason) == ("rejected", "removed")
    await remove(db, decided)
