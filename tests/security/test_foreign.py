"""Ids of other people's things in forms, queries and file addresses of one's own: as if they were nowhere.

test_owning.py asks this of the ids in paths. Here the address is the person's own, and what she sends beside it is not.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.messages.thread_models import ThreadFile
from marketplace.training.models import Enrolment
from tests.jobs.writing import job
from tests.security.conftest import Stage
from tests.security.test_access import NOBODYS
from tests.security.test_owning import _plain
from tests.training.scenes import school_of

FOREIGN = "FOREIGN"
"""Stands for the id; it is tried with somebody else's, and with one that nobody was given."""
MEETING = {"company": "AgriTrack", "place": "Dhanote", "starts_at": "2031-01-01T10:00", "until": "2031-01-01T12:00"}


@dataclass(frozen=True, slots=True)
class Try:
    """`who` sends this; `of` names the foreign thing. `status` is what she gets, whichever of the two ids it is."""

    who: str
    method: str
    path: str
    of: str
    status: int
    data: dict[str, str] = field(default_factory=dict[str, str])


TRIES = {
    "a hat of an organisation of others": Try(
        "ayesha", "POST", "/account/hat", "agritrack", 404, {"organisation": FOREIGN}
    ),
    "a learner of another provider": Try(
        "kamran",
        "POST",
        "/training/cohorts/<own_cohort>/decisions",
        "enrolment",
        404,
        {"enrolment": FOREIGN, "to": "dropped"},
    ),
    "a saved reply of somebody else": Try(
        "bilal", "POST", "/messages/<thread>", "reply", 404, {"step": "insert", "reply": FOREIGN}
    ),
    "a trusted contact of somebody else": Try(
        "hina", "POST", "/safety/meetings", "trusted", 422, {**MEETING, "contact": FOREIGN}
    ),
    "an application to another employer, moved": Try(
        "faisal", "POST", "/jobs/<own_job>/applications/bulk", "application", 303, {"do": "screening", "id": FOREIGN}
    ),
    "an application to another employer, to be rejected": Try(
        "faisal", "POST", "/jobs/<own_job>/applications/bulk", "application", 200, {"do": "reject", "id": FOREIGN}
    ),
    "an application to another employer, rejected": Try(
        "faisal",
        "POST",
        "/jobs/<own_job>/applications/reject",
        "application",
        303,
        {"do": "reject", "id": FOREIGN, "reason": "skills"},
    ),
    "an application to another employer, compared": Try(
        "faisal", "GET", f"/jobs/<own_job>/applications/compare?id={FOREIGN}&id={NOBODYS}", "application", 200
    ),
    "a contract of others as portfolio": Try(
        "hina", "POST", "/portfolio", "contract", 422, {"source": FOREIGN, "title": "A shop", "text": "I built it."}
    ),
    "a file of a contract under a conversation": Try(
        "bilal", "GET", f"/messages/<thread>/files/{FOREIGN}/plan.txt", "file", 404
    ),
    "a file of a conversation under the files of contracts": Try(
        "faisal", "GET", f"/files/{FOREIGN}/plan.txt", "sent", 404
    ),
    "cases of others as a cursor": Try("hina", "GET", f"/safety/reports?after={FOREIGN}", "case", 200),
    "messages of others as a cursor": Try("hina", "GET", f"/messages?q=shop&after={FOREIGN}", "message", 200),
    "a filter by a programme of others": Try(
        "kamran", "GET", f"/training/cohorts/<own_cohort>?state={FOREIGN}", "enrolment", 200
    ),
}


@pytest.mark.parametrize("name", TRIES)
async def test_what_is_not_hers_is_nowhere(name: str, stage: Stage) -> None:
    asked = TRIES[name]
    async with stage.database._writes() as db:
        known = await _known(db, stage)
        await db.commit()
    assert known[asked.of] != NOBODYS
    before = await stage.fingerprint()
    answers: list[httpx.Response] = []
    for id in (known[asked.of], NOBODYS):
        async with stage.undone():
            answer = await _send(stage, asked, id, known)
            assert answer.status_code == asked.status, (id, answer.text[:400])
            assert await stage.fingerprint() == before, "nothing changed"
        answers.append(answer)
    theirs, nowhere = answers
    assert theirs.headers.get("location") == nowhere.headers.get("location")
    same = (_without_fresh(_plain(each, id)) for each, id in ((theirs, known[asked.of]), (nowhere, NOBODYS)))
    assert next(same) == next(same), "the answer tells that it is there"


_FRESH = re.compile(r'value="[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"|<div class="flash.*?</div>', re.DOTALL)
"""What differs in every answer: the id of a form, what an earlier answer left to be said."""


def _without_fresh(text: str) -> str:
    return _FRESH.sub("", text)


async def _send(stage: Stage, asked: Try, id: str, known: dict[str, str]) -> httpx.Response:
    path = asked.path.replace(FOREIGN, id)
    for name, value in (stage.things.by_name | known).items():
        path = path.replace(f"<{name}>", value)
    assert "<" not in path, path
    browser = stage.browsers[asked.who]
    if asked.method == "GET":
        return await browser.get(path)
    data = {name: id if value == FOREIGN else value for name, value in asked.data.items()}
    return await browser.post(path, data={"_csrf_token": browser.own_token(), **data})


async def _known(db: Session, stage: Stage) -> dict[str, str]:
    """Ids as pages show them: those of others, and own things of Kamran and Faisal."""
    at = clock.now()
    kamran, faisal = await _user(db, "Kamran Ali"), await _user(db, "Faisal Raza")
    own = await school_of(db, kamran, await _organisation(db, kamran))
    opening = await job(db, (await _organisation(db, faisal)).id, faisal.id, at)
    others = select(Enrolment.id).where(Enrolment.cohort_id != own.cohort.id).limit(1)
    sent: Any = (await db.execute(select(ThreadFile.file_id, ThreadFile.message_id).limit(1))).one()
    agritrack = (await db.scalars(select(Organisation.id).where(Organisation.name == "AgriTrack"))).one()
    rows = {"agritrack": agritrack, "enrolment": (await db.scalars(others)).one(), "own_cohort": own.cohort.id}
    rows |= {"sent": sent.file_id, "message": sent.message_id}
    named = {
        name: stage.things.by_name[name] for name in ("reply", "trusted", "application", "contract", "file", "case")
    }
    return {**named, "own_job": opening.slug, **{name: ids.short(id) for name, id in rows.items()}}


async def _user(db: Session, name: str) -> User:
    return (await db.scalars(select(User).where(User.name == name))).one()


async def _organisation(db: Session, user: User) -> Organisation:
    mine = select(Organisation).join(Membership, Membership.organisation_id == Organisation.id)
    return (await db.scalars(mine.where(Membership.user_id == user.id))).one()
