"""An employer writes a gig on pages: before sign-in, as a draft, published, changed, ended."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.identity.models import Membership, Organisation
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting, PostingDraft
from marketplace.web import paging
from tests.cast import Cast
from tests.gigs.writing import proposed
from tests.postings.writing import draft, opened
from tests.visitors import Browse, Browser
from tests.web.test_sign_up import mailed_link


def written(**changes: Any) -> dict[str, Any]:
    """The form of a whole gig as a browser sends it."""
    today = clock.now().date()
    return {
        "title": "A shop for blue pottery",
        "description": "Forty vases need pictures, words and a page on which people can order them.",
        "skills": ["css", "HTML"],
        "pay_kind": "fixed",
        "pay_min": "200",
        "pay_max": "350.50",
        "currency": "USD",
        "is_remote": "y",
        "district": "",
        "language": "en",
        "closes_on": (today + timedelta(days=10)).isoformat(),
        "answer_on": (today + timedelta(days=15)).isoformat(),
        "questions": "Have you sold pottery?\n\nWhen can you begin?",
        "organisation": "",
        **changes,
    }


@pytest.fixture
def at():
    return clock.now()


async def only_posting(db: Session) -> Posting:
    return (await db.execute(select(Posting).execution_options(populate_existing=True))).scalar_one()


async def test_a_visitor_writes_signs_up_and_publishes(client: Browser, db: Session) -> None:
    sent = await client.submit("/gigs", written(step="publish"), shown_on="/gigs/new")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-up?next=/gigs/new/preview")
    account = {"name": "Zara Noor", "email": "zara@test.example", "password": "a few plain words"}
    await client.submit("/sign-up", {**account, "next": "/gigs/new/preview"}, shown_on="/sign-up")
    link = await mailed_link(db, "verify_email", account["email"])
    assert (await client.submit(link, shown_on=link)).headers["location"] == "/gigs/new/preview"
    shown = (await client.get("/gigs/new/preview")).text
    assert "A shop for blue pottery" in shown and "Publish" in shown
    published = await client.submit("/gigs/new/publish", shown_on="/gigs/new/preview")

    posting = await only_posting(db)
    assert published.headers["location"] == f"/gigs/{posting.slug}"
    assert (posting.state, posting.pay_min_minor, posting.pay_max_minor) == ("pending_review", 200_00, 350_50)
    assert posting.questions == ["Have you sold pottery?", "When can you begin?"]
    made = await db.get_one(Organisation, posting.organisation_id)
    assert (made.name, made.is_personal) == ("Zara Noor", True)
    assert await db.scalar(select(func.count()).select_from(PostingDraft)) == 0
    assert (await client.get("/gigs/new/preview")).headers["location"] == "/gigs/new"


async def test_a_gig_says_its_level_and_what_makes_it_easier_for_women(client: Browser, browse: Browse, cast) -> None:
    said = written(step="save", level="senior", women_friendly=["own_hours", "woman_contact"])
    await client.submit("/gigs", said, shown_on="/gigs/new")
    shown = (await client.get("/gigs/new/preview")).text
    assert "Senior" in shown and "You deal with a woman" in shown and "no calls or camera" not in shown
    again = (await client.get("/gigs/new")).text
    assert re.search(r'value="woman_contact" checked', again) and not re.search(r'value="in_writing" checked', again)

    bilal = await browse(cast.bilal)
    made = await bilal.submit("/gigs", {**said, "step": "save"}, shown_on="/gigs/new")
    place = made.headers["location"]
    assert "At hours of your own choice" in (await bilal.get(place)).text
    await bilal.submit(place, written(step="save", level=""), shown_on=f"{place}/edit")
    changed = (await bilal.get(place)).text
    assert "Women-friendly" not in changed and "Senior" not in changed
    refused = await bilal.submit(place, written(step="save", women_friendly=["transport"]), shown_on=f"{place}/edit")
    assert refused.status_code == 422


async def test_publishing_the_kept_draft_twice_makes_one_gig(client: Browser, browse: Browse, cast: Cast, db) -> None:
    hers = await browse(cast.ayesha)
    await client.submit("/gigs", written(step="save"), shown_on="/gigs/new")
    hers.cookies.set("gig-draft", client.cookies["gig-draft"])
    token = await hers.token("/gigs/new/preview")
    form = {"_csrf_token": token, "submission": "7e57c0de-0000-4000-8000-000000000001"}
    first = await hers.post("/gigs/new/publish", data=form)
    hers.cookies.set("gig-draft", client.cookies["gig-draft"])
    second = await hers.post("/gigs/new/publish", data=form)
    assert first.headers["location"] == second.headers["location"] == f"/gigs/{(await only_posting(db)).slug}"


async def test_what_a_visitor_typed_comes_back_even_unfinished(client: Browser) -> None:
    unfinished = written(step="save", description="", skills=["css", "Glass blowing"], pay_min="", pay_max="")
    kept = await client.submit("/gigs", unfinished, shown_on="/gigs/new")
    assert kept.headers["location"] == "/gigs/new/preview"
    form = (await client.get("/gigs/new")).text
    for typed in ("A shop for blue pottery", "Glass blowing", "Have you sold pottery?"):
        assert typed in form
    assert (await client.get("/gigs/new/preview")).status_code == 200


async def test_a_visitor_is_told_what_is_missing_before_signing_up(client: Browser, db: Session) -> None:
    refused = await client.submit("/gigs", written(step="publish", description="Short"), shown_on="/gigs/new")
    assert refused.status_code == 422
    assert "Describe the work in at least 40 letters" in refused.text and "A shop for blue pottery" in refused.text
    assert await db.scalar(select(func.count()).select_from(PostingDraft)) == 0


async def test_a_draft_that_lacks_something_after_sign_up_stays(
    client: Browser, browse: Browse, cast: Cast, db
) -> None:
    await client.submit("/gigs", written(step="save", pay_min="", pay_max=""), shown_on="/gigs/new")
    hers = await browse(cast.ayesha)
    hers.cookies.set("gig-draft", client.cookies["gig-draft"])
    refused = await hers.submit("/gigs/new/publish", shown_on="/gigs/new/preview")
    assert refused.status_code == 422 and "Say what you pay." in refused.text
    assert "gig-draft" not in refused.headers.get("set-cookie", "")
    assert await db.scalar(select(func.count()).select_from(PostingDraft)) == 1
    assert await db.scalar(select(func.count()).select_from(Posting)) == 0


async def test_draft_preview_publish(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    saved = await his.submit("/gigs", written(step="save", organisation="agritrack"), shown_on="/gigs/new")
    posting = await only_posting(db)
    assert (saved.headers["location"], posting.state) == (f"/gigs/{posting.slug}", "draft")
    assert posting.organisation_id == cast.agritrack.id
    page = f"/gigs/{posting.slug}"
    assert "This is a draft." in (await his.get(page)).text
    published = await his.submit(f"{page}/publish", shown_on=page)
    posting = await only_posting(db)
    assert (published.headers["location"], posting.state) == (f"/gigs/{posting.slug}", "open")
    again = await his.post(f"/gigs/{posting.slug}/publish", data={"_csrf_token": await his.token()})
    assert again.status_code == 303


async def test_nobody_publishes_for_an_organisation_that_is_not_theirs(browse: Browse, cast: Cast, db: Session) -> None:
    hers = await browse(cast.ayesha)
    refused = await hers.submit("/gigs", written(step="publish", organisation="agritrack"), shown_on="/gigs/new")
    assert refused.status_code == 422 or (await only_posting(db)).organisation_id != cast.agritrack.id
    assert await db.scalar(select(func.count()).where(Posting.organisation_id == cast.agritrack.id)) == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "Please fill this in."),
        ("title", "x" * 121, "At most 120 letters"),
        ("title", "Logo", "at least 8 letters"),
        ("description", "x", "at least 40 letters"),
        ("skills", "", "at least one skill"),
        ("skills", "telepathy", "We do not know the skill telepathy."),
        ("pay_min", "a lot", "Write an amount in figures"),
        ("pay_min", "-5", "Write an amount above zero"),
        ("pay_max", "100", "The upper amount is not below the lower one."),
        ("currency", "BTC", "Not a valid choice"),
        ("closes_on", "2020-01-01", "today or later"),
        ("closes_on", "soon", "Write a date like"),
        ("closes_on", "", "today or later"),
        ("answer_on", "2199-01-01", "within 30 days"),
        ("questions", "\n".join("?" * 6), "at most 5 questions"),
        ("language", "xx", "Not a valid choice"),
    ],
)
async def test_a_refused_form_says_why_and_loses_nothing(browse: Browse, cast: Cast, db, field, value, said) -> None:
    his = await browse(cast.bilal)
    refused = await his.submit("/gigs", written(step="publish", **{field: value}), shown_on="/gigs/new")
    assert refused.status_code == 422
    assert said in refused.text
    assert await db.scalar(select(func.count()).select_from(Posting)) == 0
    for typed in ("Forty vases", "When can you begin?"):
        assert typed in refused.text or field in ("description", "questions")


async def test_a_place_is_needed_where_somebody_has_to_be_there(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    there = written(step="publish")
    del there["is_remote"]
    assert "Choose the district" in (await his.submit("/gigs", there, shown_on="/gigs/new")).text
    assert (await his.submit("/gigs", {**there, "district": "multan"}, shown_on="/gigs/new")).status_code == 303
    posting = await only_posting(db)
    assert (posting.is_remote, posting.district) == (False, "multan")
    assert "Multan" in (await his.get(f"/gigs/{posting.slug}")).text


async def test_a_double_click_makes_one_gig(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    shown = await his.token("/gigs/new")
    form = {**written(step="publish"), "_csrf_token": shown, "submission": "7e57c0de-0000-4000-8000-000000000002"}
    answers = [await his.post("/gigs", data=form) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {f"/gigs/{(await only_posting(db)).slug}"}


async def test_an_open_gig_is_changed(browse: Browse, cast: Cast, db: Session, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    his, page = await browse(cast.bilal), f"/gigs/{posting.slug}"
    form = (await his.get(f"{page}/edit")).text
    assert "Which phone do you test on?" in form and 'value="200"' in form
    saved = await his.submit(page, written(step="save", title="Another title altogether"), shown_on=f"{page}/edit")
    assert saved.headers["location"] == page
    assert "Another title altogether" in (await his.get(page)).text
    refused = await his.submit(page, written(step="save", title=""), shown_on=f"{page}/edit")
    assert refused.status_code == 422
    ended = await his.submit(f"{page}/close", shown_on=f"{page}/close")
    assert ended.status_code == 303
    late = await his.submit(page, written(step="save"), shown_on="/gigs/new")
    assert late.status_code == 409 and "has ended" in late.text


async def test_pause_resume_close_ask_first_and_a_second_click_is_harmless(browse: Browse, cast: Cast, db, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await proposed(db, posting, cast.ayesha_profile, at)
    await db.commit()
    his, page = await browse(cast.bilal), f"/gigs/{posting.slug}"
    for step, state in (("pause", "paused"), ("resume", "open"), ("close", "closed")):
        asked = await his.get(f"{page}/{step}")
        assert asked.status_code == 200 and (await only_posting(db)).state != state
        for _ in range(2):
            assert (await his.submit(f"{page}/{step}", shown_on="/gigs/new")).status_code == 303
        assert (await only_posting(db)).state == state
    refused = await his.submit(f"{page}/pause", shown_on="/gigs/new")
    assert refused.status_code == 409
    hers = await (await browse(cast.ayesha)).get(page)
    assert hers.status_code == 410
    assert "takes no proposals any more" in hers.text and "noindex" in hers.text


async def test_a_copy_is_a_new_draft_once(browse: Browse, cast: Cast, db: Session, at) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    his, page = await browse(cast.bilal), f"/gigs/{posting.slug}"
    form = {"_csrf_token": await his.token(page), "submission": "7e57c0de-0000-4000-8000-000000000003"}
    answers = [await his.post(f"{page}/copy", data=form) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert (await his.get(answers[0].headers["location"])).status_code == 200
    assert await db.scalar(select(func.count()).select_from(Posting)) == 2


async def test_the_page_of_a_gig_for_each_reader(client: Browser, browse: Browse, cast: Cast, db, at) -> None:
    posting = await opened(
        db, cast.agritrack.id, cast.bilal.id, at, description="**Bold** <script>alert(1)</script> " * 3
    )
    await db.commit()
    page = f"/gigs/{posting.slug}"
    visitor, hers, his = [
        await browser.get(page) for browser in (client, await browse(cast.ayesha), await browse(cast.bilal))
    ]
    assert visitor.status_code == hers.status_code == his.status_code == 200
    assert "<strong>Bold</strong>" in visitor.text and "<script>alert" not in visitor.text
    assert "Send a proposal" in visitor.text and "noindex" not in visitor.text
    assert "USD 180" in hers.text and "fee USD 20" in hers.text
    assert "Compare proposals" in his.text and "Send a proposal" not in his.text
    assert "Compare proposals" not in hers.text


async def test_others_find_no_draft_and_change_nothing(client: Browser, browse: Browse, cast: Cast, db, at) -> None:
    hidden = await draft(db, cast.agritrack.id, cast.bilal.id, at)
    shown = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    db.add(Membership(user_id=cast.hina.id, organisation_id=cast.agritrack.id, role="member", created_at=at))
    await db.commit()
    assert (await client.get(f"/gigs/{hidden.slug}")).status_code == 404
    for who in (cast.ayesha, cast.hina, cast.sana):
        browser = await browse(who)
        assert (await browser.get(f"/gigs/{hidden.slug}")).status_code == 404
        for path in ("edit", "pause", "resume", "close", "proposals"):
            assert (await browser.get(f"/gigs/{shown.slug}/{path}")).status_code == 404
        token = await browser.token("/gigs/new")
        for path in ("", "/publish", "/copy", "/pause", "/resume", "/close"):
            sent = await browser.post(f"/gigs/{shown.slug}{path}", data={"_csrf_token": token, **written(step="save")})
            assert sent.status_code == 404, path
    assert sorted((await db.execute(select(Posting.state))).scalars()) == ["draft", "open"]


async def test_my_gigs(browse: Browse, cast: Cast, db: Session, at) -> None:
    his = await browse(cast.bilal)
    assert "No gigs yet" in (await his.get("/gigs/mine")).text
    waiting = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="Somebody waits here")
    await proposed(db, waiting, cast.ayesha_profile, at)
    await draft(db, cast.agritrack.id, cast.bilal.id, at, title="A draft to finish")
    closed = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="This one is over")
    await postings.close(db, closed, by=cast.bilal.id, at=at)
    await db.commit()
    shown = (await his.get("/gigs/mine")).text
    assert shown.index("Somebody waits here") < shown.index("A draft to finish") < shown.index("This one is over")
    assert "1 waits for an answer" in shown


async def test_a_moderator_reads_a_first_posting_and_lets_it_out(
    client: Browser, browse: Browse, cast: Cast, db
) -> None:
    his = await browse(cast.omar)
    await his.submit("/gigs", written(step="publish"), shown_on="/gigs/new")
    posting = await only_posting(db)
    assert posting.state == "pending_review"
    hers = await browse(cast.sana)
    [case] = set(re.findall(r"/moderation/cases/[0-9a-z]{26}", (await hers.get("/moderation")).text))
    shown = await hers.get(case)
    assert shown.status_code == 200 and "blue pottery" in shown.text
    verdict = {"decision": "publish", "reason": "A clear gig of a real shop."}
    done = await hers.submit(f"{case}/decide", verdict, shown_on=case)
    assert (done.status_code, done.headers["location"]) == (303, "/moderation")
    assert "blue pottery" in (await client.get(f"/gigs/{posting.slug}")).text


async def test_a_long_list_of_gigs_goes_on_and_what_waits_comes_first(db: Session, cast: Cast, browse: Browse) -> None:
    at = clock.now()
    old = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="The oldest, which somebody wants")
    await proposed(db, old, cast.ayesha_profile, at)
    for number in range(paging.SIZE):
        await draft(db, cast.agritrack.id, cast.bilal.id, at, title=f"Draft number {number:02}")
    await db.commit()
    browser = await browse(cast.bilal)

    first = (await browser.get("/gigs/mine")).text
    assert first.index("The oldest, which somebody wants") < first.index("Draft number 19")
    assert "Draft number 00" not in first
    href = html.unescape(first.split('rel="next" href="')[1].split('"')[0])
    second = (await browser.get(href)).text
    assert "Draft number 00" in second and "Draft number 01" not in second and 'rel="next"' not in second


async def test_below_an_open_gig_stand_others_that_ask_for_the_same_skills(
    client: Browser, browse, cast, db, at
) -> None:
    posting = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await opened(db, cast.agritrack.id, cast.bilal.id, at, title="A page for seed prices", skills=("css",))
    await opened(db, cast.agritrack.id, cast.bilal.id, at, title="A poster for the fair", skills=("canva",))
    await db.commit()
    below = (await client.get(f"/gigs/{posting.slug}")).text.split("Open now, and like it", 1)[1]
    assert "A page for seed prices" in below and "A poster for the fair" not in below
    assert "Open now, and like it" not in (await (await browse(cast.bilal)).get(f"/gigs/{posting.slug}")).text
