"""The employer's pipeline on pages: board, list, one application, many at once, side by side."""

import gzip
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from marketplace.identity.models import Membership, User
from marketplace.jobs import answering, judging, queries, stages
from marketplace.jobs.models import Application
from marketplace.jobs.rules import CRITERIA, Card
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import drain
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from marketplace.postings.blind import letter
from marketplace.postings.models import Posting
from marketplace.skills.actions import claim_skills
from marketplace.skills.models import Evidence, Skill
from marketplace.talent.models import Freelancer
from marketplace.trust.blocks import block
from tests.cast import BORN, Cast
from tests.jobs.writing import ENTRY, applied, job
from tests.postings.writing import JOB
from tests.visitors import Browse

SECRETS = ("Ayesha", "Khan", "ayesha@test.example", "ayesha.dev", "0301 2345678", "My whole life")
"""What nobody reads of her before the shortlist."""


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def opening(db: Session, cast: Cast, at) -> Posting:
    made = await job(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    return made


@pytest.fixture
async def hers(db: Session, cast: Cast, opening: Posting, at) -> Application:
    """Ayesha's, full of who she is."""
    cast.ayesha_profile.headline, cast.ayesha_profile.about = "Ayesha makes shops", "My whole life"
    cover = f"I am Ayesha Khan, call 0301 2345678 or see ayesha.dev. {ENTRY.cover}"
    made = await applied(
        db, opening, cast.ayesha_profile, at, replace(ENTRY, cover=cover, answers=("Ask Ayesha", "no"))
    )
    await claim_skills(db, cast.ayesha.id, ("html", "python"), at=at)
    css = (await db.execute(select(Skill.id).where(Skill.slug == "css"))).scalar_one()
    certified = {"kind": "certified", "issuer_organisation_id": cast.park.id, "issued_at": at}
    db.add(Evidence(user_id=cast.ayesha.id, skill_id=css, **certified))
    await db.commit()
    return made


@pytest.fixture
async def his(db: Session, cast: Cast, opening: Posting, hers: Application, at) -> Application:
    made = await applied(db, opening, cast.hina_profile, at + timedelta(minutes=1))
    await db.commit()
    return made


async def told(db: Session, user) -> list[str]:
    notices = select(Notice.message).where(Notice.user_id == user.id).order_by(Notice.id)
    return list((await db.execute(notices)).scalars())


def of(application: Application, rest: str = "") -> str:
    return f"/applications/{ids.short(application.id)}{rest}"


def pages(opening: Posting, *applications: Application) -> list[str]:
    """Every page of the room on which an employer reads of candidates."""
    here, one = f"/jobs/{opening.slug}/applications", applications[0]
    chosen = "&".join(f"id={ids.short(each.id)}" for each in applications)
    lists = [here, f"{here}?view=list", f"{here}?stage=submitted&sort=skills", f"{here}?q=A", f"{here}?sort=score"]
    return [*lists, f"{here}/compare?{chosen}", of(one), of(one, "/reject"), of(one, "/hire")]


async def test_nothing_tells_who_she_is_until_the_shortlist(
    browse: Browse, cast: Cast, db: Session, opening, hers, his, services, at
) -> None:
    browser = await browse(cast.bilal)
    await db.commit()
    await drain(services)
    for path in (*pages(opening, hers, his), "/notices", "/"):
        shown = (await browser.get(path)).text
        assert not [secret for secret in SECRETS if secret in shown], path
    many = {"do": "reject", "id": [ids.short(hers.id), ids.short(his.id)]}
    asked = await browser.submit(f"/jobs/{opening.slug}/applications/bulk", many, shown_on=of(hers))
    assert asked.status_code == 200 and not [secret for secret in SECRETS if secret in asked.text]
    notices = (await db.execute(select(Notice.values).where(Notice.user_id == cast.bilal.id))).scalars().all()
    assert notices and not [secret for secret in SECRETS if secret in repr(notices)]
    assert (await browser.get(of(hers, "/cv"))).status_code == 404
    assert "Ayesha" not in (await browser.get(f"/jobs/{opening.slug}/applications?q=Ayesha")).text.replace(
        '"Ayesha"', ""
    )

    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await db.commit()
    shown = (await browser.get(of(hers))).text
    for secret in ("Ayesha Khan", "ayesha.dev", "0301 2345678", "My whole life", "/people/ayesha"):
        assert secret in shown, secret
    found = (await browser.get(f"/jobs/{opening.slug}/applications?q=ayesha")).text
    assert "Ayesha Khan" in found and of(his) not in found


async def test_the_board_has_everybody_in_her_stage(
    browse: Browse, cast: Cast, db: Session, opening, hers, his, at
) -> None:
    await stages.move(db, his, "screening", by=cast.bilal.id, at=at)
    await db.commit()
    browser = await browse(cast.bilal)
    shown = (await browser.get(f"/jobs/{opening.slug}/applications")).text
    new, read = shown.split('id="c-submitted"')[1].split('id="c-screening"')
    assert (
        of(hers) in new
        and "Applicant A" in new
        and "2 of 2 skills" in new
        and "certified by Dhanote IT Park" in new
        and "one answer to look at" in new
    )
    assert of(his) in read and of(his) not in new
    assert "Everybody gets your answer by" in shown


async def test_filters_and_sorting(browse: Browse, cast: Cast, db: Session, opening, hers, his) -> None:
    browser = await browse(cast.bilal)
    here = f"/jobs/{opening.slug}/applications"
    for query, expected in (
        ("view=list", [his, hers]),
        ("sort=oldest", [hers, his]),
        ("sort=skills", [hers, his]),
        ("skills=1", [hers]),
        ("skills=2", [hers]),
        ("skills=3", []),
        ("flags=some", [hers]),
        ("flags=none", [his]),
        ("certified=1", [hers]),
        ("stage=interview", []),
        ("q=b", [his]),
        ("q=%25", []),
        ("sort=nonsense&skills=x&flags=?&stage=withdrawn&after=zzz", [his, hers]),
    ):
        shown = (await browser.get(f"{here}?{query}", headers={"HX-Request": "true"})).text
        found = sorted((each for each in (hers, his) if of(each) in shown), key=lambda each: shown.index(of(each)))
        assert found == expected, query
        assert "<html" not in shown


async def test_one_click_moves_undo_takes_it_back(browse: Browse, cast: Cast, db: Session, opening, hers) -> None:
    browser = await browse(cast.bilal)
    for _ in range(2):
        answer = await browser.submit(of(hers, "/move"), {"to": "screening"}, shown_on=of(hers))
        assert answer.headers["location"] == of(hers)
    await db.refresh(hers)
    assert hers.state == "screening"
    assert "Undo" in (await browser.get(of(hers))).text
    assert (await browser.submit(of(hers, "/undo"), shown_on=of(hers))).status_code == 303
    await db.refresh(hers)
    assert hers.state == "submitted"
    assert (await browser.submit(of(hers, "/undo"), shown_on=of(hers))).status_code == 409
    for to in ("hired", "rejected", "withdrawn", ""):
        assert (await browser.submit(of(hers, "/move"), {"to": to}, shown_on=of(hers))).status_code == 422
    evil = {"to": "screening", "next": "//evil.example"}
    assert (await browser.submit(of(hers, "/move"), evil, shown_on=of(hers))).headers["location"] == of(hers)


async def test_no_needs_a_reason_that_she_reads(browse: Browse, cast: Cast, db: Session, opening, hers) -> None:
    browser = await browse(cast.bilal)
    refused = await browser.submit(of(hers, "/reject"), shown_on=of(hers, "/reject"))
    assert refused.status_code == 422 and "Choose a reason" in refused.text
    why = {"reason": "skills", "note": "More JavaScript."}
    answer = await browser.submit(of(hers, "/reject"), why, shown_on=of(hers, "/reject"))
    assert answer.headers["location"] == f"/jobs/{opening.slug}/applications"
    await db.refresh(hers)
    assert (hers.state, hers.reject_note) == ("rejected", "More JavaScript.")
    assert "More JavaScript." in (await (await browse(cast.ayesha)).get(of(hers))).text
    assert (await browser.get(of(hers, "/reject"))).status_code == 303


async def test_hiring_ends_the_posting_and_tells_the_others(
    browse: Browse, cast: Cast, db: Session, opening, hers, his, services, at
) -> None:
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await db.commit()
    browser = await browse(cast.bilal)
    assert "checked" not in (await browser.get(of(hers, "/hire"))).text
    assert (await browser.get(of(his, "/hire"))).status_code == 303, "nobody is hired unseen"
    await browser.submit(of(hers, "/hire"), {"fills": "y"}, shown_on=of(hers, "/hire"))
    await drain(services)
    for each in (hers, his, opening):
        await db.refresh(each)
    assert (opening.state, hers.state, his.state) == ("filled", "hired", "rejected")
    assert await queries.unanswered_after_close(db, at=at) == []


async def test_homes_say_who_waits_until_when(browse: Browse, cast: Cast, db: Session, opening, hers) -> None:
    employer, candidate = await browse(cast.bilal), await browse(cast.ayesha)
    shown = (await employer.get("/")).text
    assert f"/jobs/{opening.slug}/applications" in shown and "1 application waits" in shown
    assert of(hers) in (await candidate.get("/")).text


async def test_the_profile_opens_with_the_shortlist(browse: Browse, cast: Cast, db: Session, opening, hers, at) -> None:
    cast.ayesha_profile.is_listed = False
    await db.commit()
    employer, stranger = await browse(cast.bilal), await browse(cast.omar)
    assert (await employer.get("/people/ayesha")).status_code == 404
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await db.commit()
    assert "Ayesha Khan" in (await employer.get("/people/ayesha")).text
    assert (await stranger.get("/people/ayesha")).status_code == 404


async def test_many_at_once_are_counted(browse: Browse, cast: Cast, db: Session, opening, hers, his, at) -> None:
    elsewhere = await applied(db, await job(db, cast.agritrack.id, cast.bilal.id, at), cast.ayesha_profile, at)
    await stages.move(db, his, "offer", by=cast.bilal.id, at=at)
    await db.commit()
    browser, here = await browse(cast.bilal), f"/jobs/{opening.slug}/applications"
    chosen = [ids.short(each.id) for each in (hers, his, elsewhere)] + ["rubbish"]
    moved = await browser.submit(f"{here}/bulk", {"do": "screening", "id": chosen}, shown_on=f"{here}?view=list")
    assert "1 moved and told, 2 left as they were." in (await browser.get(moved.headers["location"])).text
    for each in (hers, his, elsewhere):
        await db.refresh(each)
    assert [each.state for each in (hers, his, elsewhere)] == ["screening", "offer", "submitted"]

    asked = await browser.submit(f"{here}/bulk", {"do": "reject", "id": chosen}, shown_on=f"{here}?view=list")
    assert asked.status_code == 200 and "Say no to 2 applications" in asked.text
    refused = await browser.submit(f"{here}/reject", {"do": "reject", "id": chosen}, shown_on=f"{here}?view=list")
    assert refused.status_code == 422
    why = {"do": "reject", "id": chosen, "reason": "place"}
    done = await browser.submit(f"{here}/reject", why, shown_on=f"{here}?view=list")
    assert "2 told, with your reason; 1 left as they were." in (await browser.get(done.headers["location"])).text
    for person in (cast.ayesha, cast.hina):
        assert (await told(db, person))[-1] == "application_rejected"
    for nothing in ({"do": "screening"}, {"do": "compare", "id": chosen[:1]}):
        answer = await browser.submit(f"{here}/bulk", nothing, shown_on=f"{here}?view=list")
        assert "Tick " in (await browser.get(answer.headers["location"])).text


async def test_side_by_side(browse: Browse, cast: Cast, db: Session, opening, hers, his, at) -> None:
    browser, here = await browse(cast.bilal), f"/jobs/{opening.slug}/applications"
    chosen = {"do": "compare", "id": [ids.short(his.id), ids.short(hers.id)]}
    answer = await browser.submit(f"{here}/bulk", chosen, shown_on=f"{here}?view=list")
    shown = (await browser.get(answer.headers["location"])).text
    assert shown.index("Applicant B") < shown.index("Applicant A") and "HTML" in shown and "<img" not in shown


async def test_the_queue_is_cleared_from_the_list(
    browse: Browse, cast: Cast, db: Session, opening, hers, his, services, at
) -> None:
    await postings.expire(db, opening, at=at)
    await db.commit()
    await drain(services)
    browser, here = await browse(cast.bilal), f"/jobs/{opening.slug}/applications"
    assert "2 people got no answer in time" in (await browser.get(here)).text
    owned = {"organisation_id": cast.agritrack.id, "by": cast.bilal.id}
    next_one = await postings.save_draft(
        db, replace(JOB, closes_at=at + timedelta(days=5), answer_by=at + timedelta(days=9)), **owned, at=at
    )
    await db.commit()
    refused = await browser.submit(f"/jobs/{next_one.slug}/publish", shown_on=f"/jobs/{next_one.slug}")
    assert "2 people who applied for" in refused.text and f"{here}?stage=rejected" in refused.text
    queue = f"{here}?stage=rejected&why=no_answer"
    assert "Give all of them a reason" in (await browser.get(queue)).text
    asked = await browser.submit(f"{here}/bulk", {"do": "reason_all"}, shown_on=queue)
    assert "Say why to 2 people" in asked.text
    await browser.submit(f"{here}/reject", {"do": "reason_all", "reason": "experience"}, shown_on=queue)
    assert await queries.queues(db, cast.agritrack.id) == []
    await answering.queue_is_clear(db, opening, at)
    assert (
        await browser.submit(f"/jobs/{next_one.slug}/publish", shown_on=f"/jobs/{next_one.slug}")
    ).status_code == 303


async def test_notes_and_scorecards_stay_among_colleagues(
    browse: Browse, cast: Cast, db: Session, opening, hers, at
) -> None:
    iqra = User(email="iqra2@test.example", password_hash="", name="Iqra Noor", created_at=BORN)
    db.add(iqra)
    await db.flush()
    db.add(Membership(user_id=iqra.id, organisation_id=cast.agritrack.id, role="hiring", created_at=BORN))
    scores = dict.fromkeys(CRITERIA, 2)
    await judging.give_card(db, hers, Card(scores=scores, recommendation="no", comment="Slow."), by=iqra.id, at=at)
    await db.commit()
    bilal, ayesha = await browse(cast.bilal), await browse(cast.ayesha)
    await bilal.submit(of(hers, "/notes"), {"text": "Ask about nights."}, shown_on=of(hers))
    shown = (await bilal.get(of(hers))).text
    assert "Ask about nights." in shown and "Slow." not in shown and "1 colleague has scored" in shown
    half = {"scores-0": "4", "recommendation": "yes"}
    refused = await bilal.submit(of(hers, "/scorecard"), half, shown_on=of(hers))
    assert refused.status_code == 422 and "Give a score from 1 to 5." in refused.text
    whole = {**{f"scores-{n}": "4" for n in range(4)}, "recommendation": "yes"}
    for _ in range(2):
        assert (await bilal.submit(of(hers, "/scorecard"), whole, shown_on=of(hers))).status_code == 303
    shown = (await bilal.get(of(hers))).text
    assert "3.0 of 5, from 2 cards" in shown and "Slow." in shown
    own = (await ayesha.get(of(hers))).text
    assert not [word for word in ("Ask about nights.", "Slow.", "scorecard", "Iqra") if word in own.split("<main")[1]]
    assert (await bilal.submit(of(hers, "/notes"), {"text": " "}, shown_on=of(hers))).status_code == 422


async def test_own_criteria(browse: Browse, cast: Cast, db: Session, opening, hers) -> None:
    browser, here = await browse(cast.bilal), f"/jobs/{opening.slug}/applications/criteria"
    assert "Communication" in (await browser.get(here)).text
    assert (await browser.submit(here, {"criteria": "Speed\nspeed"}, shown_on=here)).status_code == 422
    assert (await browser.submit(here, {"criteria": "Speed\n\nCare "}, shown_on=here)).status_code == 303
    shown = (await browser.get(of(hers))).text
    assert "Speed" in shown and "Care" in shown and "Communication" not in shown


async def test_seats_strangers_and_blocks(browse: Browse, cast: Cast, db: Session, opening, hers, his, at) -> None:
    people = {"omar": cast.omar}
    for role in ("finance", "member"):
        people[role] = User(email=f"{role}@test.example", password_hash="", name=role, created_at=BORN)
        db.add(people[role])
        await db.flush()
        db.add(Membership(user_id=people[role].id, organisation_id=cast.agritrack.id, role=role, created_at=BORN))
    await db.commit()
    for name, person in people.items():
        browser = await browse(person)
        for path in pages(opening, hers, his):
            assert (await browser.get(path)).status_code == 404, (name, path)
    await block(db, by=cast.bilal.id, other=cast.ayesha.id, at=at)
    await db.commit()
    browser = await browse(cast.bilal)
    assert of(hers) not in (await browser.get(f"/jobs/{opening.slug}/applications?view=list")).text
    assert (await browser.get(of(hers))).status_code == 404


async def _crowd(db: Session, cast: Cast, at, count: int) -> Posting:
    """An open job with so many applicants, who claim both skills asked for; written without notices."""
    posting = await job(db, cast.agritrack.id, cast.bilal.id, at, title=f"Job for {count}")
    users = [{"id": uuid4(), "email": f"{count}-{n}@test.example", "name": f"Asma {n}"} for n in range(count)]
    await db.execute(insert(User), [{**user, "password_hash": "", "created_at": at} for user in users])
    people = [{"id": uuid4(), "user_id": user["id"], "headline": "Shops that load fast"} for user in users]
    about = {"created_at": at, "updated_at": at}
    await db.execute(insert(Freelancer), [{**each, "handle": f"f-{each['id']}", **about} for each in people])
    skills = (await db.execute(select(Skill.id).where(Skill.slug.in_(("html", "css"))))).scalars().all()
    claims = [{"user_id": user["id"], "skill_id": skill} for user in users for skill in skills]
    await db.execute(insert(Evidence), [{**claim, "kind": "claimed", "issued_at": at} for claim in claims])
    sent = {"posting_id": posting.id, "state": "submitted", "cover": ENTRY.cover, "updated_at": at}
    rows = [
        {"freelancer_id": each["id"], "letter": letter(n), "submitted_at": at + timedelta(seconds=n), **sent}
        for n, each in enumerate(people, 1)
    ]
    await db.execute(insert(Application), rows)
    await db.commit()
    return posting


async def test_the_queries_do_not_grow_with_the_crowd(browse: Browse, cast: Cast, db: Session, at, statements) -> None:
    browser, counted = await browse(cast.bilal), {}
    for count in (2, 9):
        posting = await _crowd(db, cast, at, count)
        here = f"/jobs/{posting.slug}/applications"
        for path in ("", "?view=list", "?sort=skills&skills=1&flags=none&certified=1"):
            statements.clear()
            assert (await browser.get(here + path)).status_code == 200
            counted.setdefault(path, []).append(len(statements))
    for path, (few, many) in counted.items():
        assert few == many <= 8, (path, few, many)


@pytest.mark.slow
async def test_a_thousand_applicants_are_as_light_as_twenty(
    browse: Browse, cast: Cast, db: Session, at, capsys
) -> None:
    """At most 14 KB a page, and within three times the time of the page with 20; the figures are printed."""
    browser = await browse(cast.bilal)
    crowds = {count: await _crowd(db, cast, at, count) for count in (20, 1000)}
    for path in ("", "?view=list", "?sort=skills", "?sort=score", "?stage=submitted&skills=1&sort=oldest"):
        times: dict[int, list[float]] = {20: [], 1000: []}
        for _ in range(15):
            for count, posting in crowds.items():
                began = time.perf_counter()
                shown = await browser.get(f"/jobs/{posting.slug}/applications{path}")
                times[count].append(time.perf_counter() - began)
                assert shown.status_code == 200
        few, many = (sorted(times[count])[7] * 1000 for count in (20, 1000))
        kilobytes = len(gzip.compress(shown.content, 6)) / 1000
        with capsys.disabled():
            print(f"\n  {path or 'board'}: {few:.1f} ms with 20, {many:.1f} with 1,000; {kilobytes:.1f} KB")
        assert kilobytes <= 14
        assert many <= 3 * few, path
