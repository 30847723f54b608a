"""A freelancer writes, sends, changes and withdraws a proposal on pages; the employer compares and decides."""

import html
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.gigs import actions
from marketplace.gigs.models import Proposal
from marketplace.gigs.queries import offer_of
from marketplace.gigs.rules import Part
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting
from marketplace.talent import actions as talent
from marketplace.web import paging
from tests.cast import Cast
from tests.gigs.writing import OFFER, proposed
from tests.postings.writing import opened, whole
from tests.visitors import Browse, Statements

COVER = "I made two pages like this for growers in Multan; the first opens in a second on a phone of 2015."
SUBMISSION = "7e57c0de-0000-4000-8000-00000000000a"


def written(**changes: Any) -> dict[str, Any]:
    """The form of a whole proposal as a browser sends it."""
    return {
        "cover": COVER,
        "answers-0": "A Nokia from 2017.",
        "milestones-0-title": "Design on paper",
        "milestones-0-amount": "100",
        "milestones-0-days": "3",
        "milestones-1-title": "The page",
        "milestones-1-amount": "200.01",
        "milestones-1-days": "7",
        "step": "send",
        **changes,
    }


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def gig(db: Session, cast: Cast, at) -> Posting:
    made = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    return made


@pytest.fixture
def page(gig: Posting) -> str:
    return f"/gigs/{gig.slug}/propose"


async def only(db: Session) -> Proposal:
    return (await db.execute(select(Proposal).execution_options(populate_existing=True))).scalar_one()


def address(proposal: Proposal) -> str:
    return f"/proposals/{ids.short(proposal.id)}"


async def test_she_sends_a_proposal(browse: Browse, cast: Cast, db: Session, page: str) -> None:
    hers = await browse(cast.ayesha)
    form = (await hers.get(page)).text
    assert "Which phone do you test on?" in form and "are hidden until you are shortlisted" in form
    sent = await hers.submit(page, written(), shown_on=page)

    proposal = await only(db)
    assert (sent.status_code, sent.headers["location"]) == (303, address(proposal))
    assert (proposal.state, proposal.letter, await offer_of(db, proposal)) == ("submitted", "A", OFFER)
    shown = (await hers.get(address(proposal))).text
    assert "You get <strong>USD 270.01</strong> of USD 300.01 (fee USD 30)" in shown
    assert "knows you as A" in shown
    assert "Design on paper" in (await hers.get(address(proposal) + "/edit")).text
    assert "With the employer" in (await hers.get("/proposals")).text
    assert (await hers.get(page)).headers["location"] == address(proposal)


async def test_a_double_click_sends_one(browse: Browse, cast: Cast, db: Session, page: str) -> None:
    hers = await browse(cast.ayesha)
    form = {**written(), "_csrf_token": await hers.token(page), "submission": SUBMISSION}
    answers = [await hers.post(page, data=form) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {address(await only(db))}


async def test_a_gig_that_was_paused_meanwhile_costs_her_not_a_word(
    browse: Browse, cast: Cast, db: Session, gig: Posting, page: str
) -> None:
    hers = await browse(cast.ayesha)
    unseen = await hers.hidden(page)
    await postings.pause(db, gig, by=cast.bilal.id, at=clock.now())
    await db.commit()
    refused = await hers.post(page, data={**unseen, **written()})
    assert refused.status_code == 422
    assert "no longer takes proposals" in refused.text and COVER in refused.text and "200.01" in refused.text


async def test_rows_come_and_go_without_a_script(browse: Browse, cast: Cast, db: Session, page: str) -> None:
    hers = await browse(cast.ayesha)
    more = await hers.submit(page, written(step="add"), shown_on=page)
    assert more.status_code == 200 and "milestones-2-title" in more.text and COVER in more.text
    less = await hers.submit(page, written(step="remove-0"), shown_on=page)
    assert "The page" in less.text and "Design on paper" not in less.text and "milestones-1-title" not in less.text
    fee = await hers.submit(page, written(step="preview", cover=""), shown_on=page)
    assert fee.status_code == 200 and "USD 270.01" in fee.text
    full = written(step="add", **{f"milestones-{n}-title": "Part" for n in range(20)})
    assert "milestones-20-title" not in (await hers.submit(page, full, shown_on=page)).text
    assert await db.scalar(select(func.count()).select_from(Proposal)) == 0


async def test_htmx_gets_the_form_alone_and_the_fee_while_typing(browse: Browse, cast: Cast, page: str) -> None:
    hers = await browse(cast.ayesha)
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    rows = await hers.submit(page, written(step="add"), shown_on=page, headers=partial)
    assert rows.text.lstrip().startswith("<form") and "<html" not in rows.text
    typed = {"milestones-0-amount": "100", "milestones-1-amount": "2,000.50", "milestones-2-amount": "x"}
    fee = await hers.get(f"{page}/fee", params=typed, headers=partial)
    assert "You get <strong>USD 1,890.45</strong> of USD 2,100.50" in fee.text and "<html" not in fee.text
    assert "what you receive after the fee" in (await hers.get(f"{page}/fee")).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cover": "Hire me"}, "Write at least 40 letters"),
        ({"cover": "x" * 5_001}, "At most 5000 letters"),
        ({"answers-0": " "}, "Please answer this question."),
        ({"milestones-0-amount": "0"}, "Write an amount above zero"),
        ({"milestones-0-amount": "ten"}, "Write an amount in figures"),
        ({"milestones-0-amount": "1.005"}, "no more decimals"),
        ({"milestones-0-days": "many"}, "Not a valid integer value"),
        ({"milestones-0-days": "0"}, "1 to 365"),
        ({"milestones-0-days": ""}, "1 to 365"),
        ({"milestones-1-title": ""}, "Say in a few words what you deliver."),
        ({f"milestones-{n}-{f}": "" for n in range(2) for f in ("title", "amount", "days")}, "at least one milestone"),
        ({f"milestones-{n}-title": "Part" for n in range(21)}, "at most 20 milestones"),
    ],
)
async def test_a_refused_form_says_why_and_loses_nothing(browse: Browse, cast: Cast, db, page, changes, said) -> None:
    hers = await browse(cast.ayesha)
    refused = await hers.submit(page, written(**changes), shown_on=page)
    assert refused.status_code == 422
    assert said in refused.text and "Nothing is lost" in refused.text
    assert "A Nokia from 2017." in refused.text or "answers-0" in changes
    assert await db.scalar(select(func.count()).select_from(Proposal)) == 0


async def test_a_draft_is_kept_finished_and_sent(browse: Browse, cast: Cast, db: Session, page: str) -> None:
    hers = await browse(cast.ayesha)
    kept = await hers.submit(page, {"cover": "Later", "step": "draft"}, shown_on=page)
    proposal = await only(db)
    assert (kept.headers["location"], proposal.state) == (address(proposal), "draft")
    assert (await hers.get(page)).headers["location"] == address(proposal) + "/edit"
    edit = address(proposal) + "/edit"
    assert "Later" in (await hers.get(edit)).text
    refused = await hers.submit(address(proposal), {"cover": "Later", "step": "send"}, shown_on=edit)
    assert refused.status_code == 422
    sent = await hers.submit(address(proposal), written(), shown_on=edit)
    assert (sent.status_code, (await only(db)).state) == (303, "submitted")


async def test_without_a_headline_the_text_is_kept_and_she_goes_on_to_her_profile(browse, cast, db, page, at) -> None:
    await talent.start(db, cast.omar, at=at)
    await db.commit()
    his = await browse(cast.omar)
    assert (await his.get(page)).headers["location"] == f"/profile?next={page}"
    sent = await his.submit(page, written(), shown_on="/gigs/new")
    proposal = await only(db)
    assert (proposal.state, proposal.cover) == ("draft", COVER)
    assert sent.headers["location"] == f"/profile?next={address(proposal)}/edit"


async def test_she_changes_and_withdraws(browse: Browse, cast: Cast, db: Session, gig: Posting, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await db.commit()
    hers, here = await browse(cast.ayesha), address(proposal)
    saved = await hers.submit(here, written(**{"milestones-1-amount": "150"}), shown_on=f"{here}/edit")
    assert (saved.status_code, (await only(db)).total_minor) == (303, 250_00)
    asked = await hers.get(f"{here}/withdraw")
    assert "Withdraw your proposal" in asked.text and (await only(db)).state == "submitted"
    for _ in range(2):
        assert (await hers.submit(f"{here}/withdraw", shown_on=f"{here}/withdraw")).status_code == 303
    assert (await only(db)).state == "withdrawn"
    his = await browse(cast.bilal)
    assert (await his.get(here)).status_code == 404
    shown = (await his.get(f"/gigs/{gig.slug}/proposals")).text
    assert "No proposals yet" in shown and "growers in Multan" not in shown


async def test_a_gig_that_is_over_takes_none(browse: Browse, cast: Cast, db: Session, gig: Posting, page, at) -> None:
    await postings.close(db, gig, by=cast.bilal.id, at=at)
    await db.commit()
    hers = await browse(cast.ayesha)
    assert (await hers.get(page)).headers["location"] == f"/gigs/{gig.slug}"
    assert (await hers.submit(page, written(), shown_on="/gigs/new")).status_code == 422
    assert "No proposals yet" in (await hers.get("/proposals")).text


@pytest.fixture
async def both(db: Session, cast: Cast, gig: Posting, at) -> list[Proposal]:
    """Ayesha tells her name, page and number in the text; Hina does not."""
    tells = replace(
        OFFER,
        cover=f"Salam, I am Ayesha Khan, see https://ayesha.dev or call 0300 1234567. {COVER}",
        answers=("Ask Khan sahib about Ayesha.",),
        milestones=(Part("Ayesha's design", 100_00, 3), Part("The page", 200_01, 7)),
    )
    sent = [await proposed(db, gig, cast.ayesha_profile, at, tells), await proposed(db, gig, cast.hina_profile, at)]
    await db.commit()
    return sent


TELLING = ("yesha", "Khan", "ayesha.dev", "1234567", "Hina", "hina", "Malik")


async def test_no_page_names_anybody_before_the_shortlist(browse: Browse, cast: Cast, db, gig, both, at) -> None:
    cast.ayesha_profile.headline = "Ayesha Khan makes shops"
    await db.commit()
    his, here = await browse(cast.bilal), f"/gigs/{gig.slug}/proposals"
    paths = [here, f"/gigs/{gig.slug}", "/gigs/mine", "/"]
    for one in both:
        paths += [address(one) + end for end in ("", "/decline", "/accept")]
    for path in paths:
        shown = await his.get(path)
        assert shown.status_code == 200, path
        assert not [token for token in TELLING if token in shown.text], path
    assert "growers in Multan" in (await his.get(here)).text

    shortlisted = await his.submit(f"{address(both[0])}/shortlist", shown_on=here)
    assert shortlisted.status_code == 303
    named = (await his.get(here)).text
    assert "Ayesha Khan" in named and "Hina" not in named
    detail = (await his.get(address(both[0]))).text
    assert 'href="/people/ayesha"' in detail and "ayesha.dev" in detail


async def test_the_employer_compares_and_decides(browse: Browse, cast: Cast, db: Session, gig: Posting, both) -> None:
    his, here = await browse(cast.bilal), f"/gigs/{gig.slug}/proposals"
    shown = (await his.get(here)).text
    assert "USD 300.01" in shown and "Accept A" in shown and "Decline B" in shown
    unsaid = await his.submit(f"{address(both[1])}/decline", {"note": "Hm"}, shown_on=f"{address(both[1])}/decline")
    assert unsaid.status_code == 422 and "Choose a reason" in unsaid.text and "Hm" in unsaid.text
    no = {"reason": "price", "note": "Half of it would do."}
    for _ in range(2):
        declined = await his.submit(f"{address(both[1])}/decline", no, shown_on="/gigs/new")
        assert (declined.status_code, declined.headers["location"]) == (303, here)
    assert "Decided" in (await his.get(here)).text
    told = (await (await browse(cast.hina)).get(address(both[1]))).text
    assert "The price does not fit." in told and "Half of it would do." in told
    accept = (await his.get(f"{address(both[0])}/accept")).text
    assert f'action="{address(both[0])}/accept"' in accept and 'name="seen"' in accept
    assert (await his.get(f"{address(both[1])}/accept")).headers["location"] == address(both[1])


async def test_answers_stay_with_their_questions_when_the_gig_changes(browse, cast: Cast, db, gig, both, at) -> None:
    asked = ("Do you speak Saraiki?", "Which phone do you test on?")
    await postings.edit(db, gig, whole(at, questions=asked), by=cast.bilal.id, at=at)
    await db.commit()
    compare = (await (await browse(cast.bilal)).get(f"/gigs/{gig.slug}/proposals")).text
    unanswered, answered = compare.split("Do you speak Saraiki?")[1].split("Which phone do you test on?")
    assert "A Nokia from 2017." in answered and "Nokia" not in unanswered
    form = (await (await browse(cast.hina)).get(f"{address(both[1])}/edit")).text
    assert "A Nokia" in form.split('name="answers-1"')[1] and "A Nokia" not in form.split('name="answers-1"')[0]


async def test_others_see_and_do_nothing(client, browse: Browse, cast: Cast, db: Session, gig: Posting, both) -> None:
    mine, other = (address(one) for one in both)
    assert (await client.get(mine)).status_code == 303
    for who in (cast.hina, cast.omar, cast.sana):
        browser = await browse(who)
        for path in (mine, f"{mine}/edit", f"{mine}/withdraw", f"{mine}/decline", f"{mine}/accept"):
            assert (await browser.get(path)).status_code == 404, path
        token = await browser.token("/gigs/new")
        for path in (mine, f"{mine}/withdraw", f"{mine}/shortlist", f"{mine}/decline"):
            data = {"_csrf_token": token, "reason": "price", **written()}
            assert (await browser.post(path, data=data)).status_code == 404, path
    hers = await browse(cast.ayesha)
    for path in (f"{mine}/shortlist", f"{other}/shortlist", f"{mine}/decline"):
        assert (await hers.post(path, data={"_csrf_token": await hers.token("/gigs/new")})).status_code in (404, 422)
    states = select(Proposal.state).execution_options(populate_existing=True)
    assert set((await db.execute(states)).scalars()) == {"submitted"}


async def test_pages_do_not_ask_more_for_more_rows(
    browse: Browse, cast: Cast, db, statements: Statements, gig, at
) -> None:
    his, hers = await browse(cast.bilal), await browse(cast.ayesha)

    async def counted(browser, path: str) -> int:
        statements.clear()
        shown = await browser.get(path)
        assert shown.status_code == 200
        return len(statements)

    async def all_counts() -> list[int]:
        page = f"/gigs/{gig.slug}"
        employer = [await counted(his, path) for path in (f"{page}/proposals", "/gigs/mine", page, f"{page}/edit")]
        return employer + [await counted(hers, path) for path in (page, "/proposals", "/profile", "/people/ayesha")]

    await proposed(db, gig, cast.ayesha_profile, at)
    await db.commit()
    few = await all_counts()
    for title in ("One more gig", "And another gig"):
        more = await opened(db, cast.agritrack.id, cast.bilal.id, at, title=title)
        await proposed(db, more, cast.ayesha_profile, at)
    for _ in range(3):
        again = await proposed(db, gig, cast.hina_profile, at)
        await actions.decline(db, again, reason="price", by=cast.bilal.id, at=at)
    await db.commit()
    assert await all_counts() == few
    assert [n for n in few if n > 14] == []


async def test_a_long_list_of_proposals_goes_on(db: Session, cast: Cast, browse: Browse) -> None:
    at = clock.now()
    for number in range(paging.SIZE + 1):
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, at, title=f"Gig number {number:02}")
        await proposed(db, gig, cast.ayesha_profile, at)
    await db.commit()
    browser = await browse(cast.ayesha)

    first = (await browser.get("/proposals")).text
    assert "Gig number 20" in first and "Gig number 00" not in first
    href = html.unescape(first.split('rel="next" href="')[1].split('"')[0])
    second = (await browser.get(href)).text
    assert "Gig number 00" in second and "Gig number 01" not in second and 'rel="next"' not in second
