"""Safety as pages: block, report, one's standing, the moderator's work."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from marketplace.kernel import clock
from marketplace.kernel.ids import short
from marketplace.trust import blocks, decisions
from marketplace.trust.models import Appeal, Case, Report, Restriction
from tests.cast import user_named
from tests.contracts.scenes import agreed
from tests.postings.writing import opened
from tests.trust.scenes import WHY, reported, restricted

TEMPLATES = Path(__file__).parents[2] / "templates"


def test_no_page_tells_when_somebody_is_there() -> None:
    told = re.compile(r"online now|last seen|is online|active now|seen_at", re.IGNORECASE)
    pages = [path for path in TEMPLATES.rglob("*") if path.is_file() and path.parent.name != "account"]
    assert len(pages) > 100
    assert [str(path) for path in pages if told.search(path.read_text(encoding="utf-8"))] == []


async def test_block_ask_do_list_take_back(db, cast, browse) -> None:
    ayesha = await browse(cast.ayesha)
    path = f"/safety/block/{short(cast.bilal.id)}"
    asked = await ayesha.get(path)
    assert "Block Bilal?" in asked.text
    assert "Ahmed" not in asked.text
    assert "share a contract" not in asked.text
    for _ in range(2):
        answer = await ayesha.submit(path, {}, shown_on=path)
        assert answer.headers["location"] == "/safety/blocked"
    assert "Bilal" in (await ayesha.get("/safety/blocked")).text
    bilal = await browse(cast.bilal)
    assert "Ayesha" not in (await bilal.get("/safety/blocked")).text, "he is not told"
    assert (await bilal.get("/people/ayesha")).status_code == 404
    await ayesha.submit(f"{path}/end", {}, shown_on="/safety/blocked")
    assert not await blocks.is_blocked(db, cast.ayesha.id, cast.bilal.id)


async def test_the_page_says_what_becomes_of_a_contract(db, cast, browse) -> None:
    await agreed(db, cast)
    await db.commit()
    ayesha = await browse(cast.ayesha)
    assert "share a contract" in (await ayesha.get(f"/safety/block/{short(cast.bilal.id)}")).text
    assert "share a contract" not in (await ayesha.get(f"/safety/block/{short(cast.hina.id)}")).text


async def test_report_and_see_what_came_of_it(db, cast, browse) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="A page about crops")
    await db.commit()
    hina = await browse(cast.hina)
    path = f"/report/posting/{short(gig.id)}"
    assert path in (await hina.get(f"/gigs/{gig.slug}")).text, "the link is on the page"
    wrong = await hina.submit(path, {"reason": "dislike"}, shown_on=path)
    assert wrong.status_code == 422
    answer = await hina.submit(path, {"reason": "fee", "text": "They want 500."}, shown_on=path)
    assert answer.headers["location"] == "/safety/reports"
    listed = await hina.get("/safety/reports")
    assert gig.title in listed.text
    assert "A moderator decides by" in listed.text
    case = (await db.scalars(select(Case))).one()
    sana = await browse(cast.sana)
    assert gig.title in (await sana.get("/moderation")).text
    shown = await sana.get(f"/moderation/cases/{short(case.id)}")
    for text in ("They want 500.", "Hina Malik", "Bilal Ahmed", "AgriTrack"):
        assert text in shown.text
    decide = {"decision": "remove", "reason": WHY, "what": ["post"], "days": "30"}
    base = f"/moderation/cases/{short(case.id)}"
    assert (
        await sana.submit(f"{base}/decide", {"decision": "publish", "reason": WHY}, shown_on=base)
    ).status_code == 409
    assert (await sana.submit(f"{base}/decide", {"decision": "none", "reason": "no"}, shown_on=base)).status_code == 422
    assert (await sana.submit(f"{base}/decide", decide, shown_on=base)).headers["location"] == "/moderation"
    assert "you were right" in (await hina.get("/safety/reports")).text
    bilal = await browse(cast.bilal)
    standing = await bilal.get("/safety/standing")
    assert WHY in standing.text
    assert "Hina" not in standing.text, "nobody is told who reported it"


async def test_a_double_click_makes_one_report(db, cast, browse) -> None:
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
    await db.commit()
    hina = await browse(cast.hina)
    path = f"/report/posting/{short(gig.id)}"
    page = await hina.get(path)
    sent = dict(re.findall(r'name="(_csrf_token|submission)" value="([^"]*)"', page.text))
    for _ in range(2):
        assert (await hina.post(path, data={**sent, "reason": "scam", "text": ""})).status_code == 303
    assert len((await db.scalars(select(Report))).all()) == 1


async def test_appeal_to_another_moderator(db, cast, browse) -> None:
    made = await restricted(db, cast, clock.now())
    rabia = await user_named(db, "Rabia Noor", staff_role="moderator")
    await db.commit()
    ayesha, sana, other = await browse(cast.ayesha), await browse(cast.sana), await browse(rabia)
    path = f"/safety/restrictions/{short(made.id)}/appeal"
    assert path in (await ayesha.get("/safety/standing")).text
    assert (await ayesha.submit(path, {"text": "No!"}, shown_on=path)).status_code == 422
    answer = await ayesha.submit(path, {"text": "This was a misunderstanding."}, shown_on=path)
    assert answer.headers["location"] == "/safety/standing"
    assert path not in (await ayesha.get("/safety/standing")).text, "once"
    appeal = (await db.scalars(select(Appeal))).one()
    page = f"/moderation/appeals/{short(appeal.id)}"
    assert page not in (await sana.get("/moderation/appeals")).text
    assert (await sana.get(page)).status_code == 404
    assert page in (await other.get("/moderation/appeals")).text
    assert (await other.submit(page, {"reason": WHY}, shown_on=page)).status_code == 422
    await other.submit(page, {"decision": "lifted", "reason": "It was a misunderstanding."}, shown_on=page)
    assert "It was a misunderstanding." in (await ayesha.get("/safety/standing")).text


async def test_private_text_opens_with_a_reason_and_its_owner_sees_it(db, cast, browse) -> None:
    made = await restricted(db, cast, clock.now())
    await db.commit()
    sana, ayesha = await browse(cast.sana), await browse(cast.ayesha)
    assert made.case_id is not None
    page = f"/moderation/cases/{short(made.case_id)}"
    assert "Come to my hotel" not in (await sana.get(page)).text
    assert "Nobody did" in (await ayesha.get("/safety/standing")).text
    assert (await sana.submit(f"{page}/read", {"why": "hm"}, shown_on=page)).status_code == 422
    await sana.submit(f"{page}/read", {"why": "To see what was written."}, shown_on=page)
    assert "Come to my hotel" in (await sana.get(page)).text
    seen = await ayesha.get("/safety/standing")
    assert "To see what was written." in seen.text
    assert "Sana" not in seen.text


@pytest.mark.parametrize("what", ["sign_in", "apply"])
async def test_whoever_is_restricted_reaches_her_money_and_her_appeal(db, cast, browse, what) -> None:
    made = await restricted(db, cast, clock.now(), what=what)
    await db.commit()
    ayesha = await browse(cast.ayesha)
    for path in ("/money", "/safety/standing", f"/safety/restrictions/{short(made.id)}/appeal", "/account"):
        assert (await ayesha.get(path)).status_code == 200, path
    assert (await ayesha.post("/sign-out", data={"_csrf_token": "wrong"})).status_code == 403
    is_closed = what == "sign_in"
    refused = await ayesha.get("/gigs")
    assert refused.status_code == (403 if is_closed else 200)
    assert ("Your account is limited" in refused.text) is is_closed
    assert (await ayesha.submit("/profile", {}, shown_on="/money")).status_code == (403 if is_closed else 422)
    restriction = await db.get_one(Restriction, made.id)
    restriction.lifted_at = clock.now()
    await db.commit()
    assert (await ayesha.get("/gigs")).status_code == 200


async def test_a_page_of_cases_asks_few_questions_however_many(db, cast, browse, statements) -> None:
    at = clock.now()
    for _ in range(3):
        await reported(db, cast, (await opened(db, cast.agritrack.id, cast.bilal.id, at)).id, at)
    case = (await db.scalars(select(Case).limit(1))).one()
    await decisions.take(db, case.id, by=cast.sana.id, at=at)
    await db.commit()
    sana = await browse(cast.sana)
    for path, most in (("/moderation", 4), (f"/moderation/cases/{short(case.id)}", 10)):
        statements.clear()
        assert (await sana.get(path)).status_code == 200
        assert len(statements) <= most, path


async def test_who_reported_and_the_moderator_write_to_each_other_about_the_case(db, cast, browse) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="A page about crops")
    case = await reported(db, cast, gig.id, at)
    await db.commit()
    about = f"/messages/about/case/{short(case.id)}"
    hina, bilal, sana = await browse(cast.hina), await browse(cast.bilal), await browse(cast.sana)
    assert about in (await hina.get("/safety/standing")).text
    assert about not in (await bilal.get("/safety/standing")).text
    assert (await bilal.get(about)).status_code == 404, "he learns of no report"
    assert about in (await sana.get(f"/moderation/cases/{short(case.id)}")).text
    sent = await sana.submit(about, {"text": "Where did they ask for it?"}, shown_on=about)
    thread = sent.headers["location"].split("#")[0]
    assert "A moderator" in (await hina.get(thread)).text
    assert "Sana" not in (await hina.get(thread)).text
    await hina.submit(thread, {"text": "In the third question."}, shown_on=thread)
    assert "In the third question." in (await sana.get(thread)).text


async def test_whose_posting_waits_can_write_to_the_moderator(db, cast, browse) -> None:
    text = "The registration fee of Rs. 500 is paid by Easypaisa before you begin."
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), title="Typing at home", description=text)
    await db.commit()
    case = (await db.scalars(select(Case).where(Case.kind == "posting"))).one()
    about = f"/messages/about/case/{short(case.id)}"
    bilal = await browse(cast.bilal)
    assert about in (await bilal.get(f"/gigs/{gig.slug}")).text
    assert about in (await bilal.get("/safety/standing")).text
    assert (await bilal.get(about)).status_code == 200
    assert (await (await browse(cast.hina)).get(about)).status_code == 404
