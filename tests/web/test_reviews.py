"""Reviews as pages: written by both sides, replied to, listed; the figure can be recomputed from what is downloaded."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from marketplace.contracts.models import Contract
from marketplace.contracts.notices import path_of
from marketplace.contracts.reviews import actions
from marketplace.contracts.reviews.rules import CRITERIA
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.contracts.reviewing import SECRETS, fresh, one_released, over, reviewed
from tests.visitors import Browse, Browser, Statements

ROOT = Path(__file__).parents[2]


def said(side: str, mark: str = "5", **more: str) -> dict[str, str]:
    return {**dict.fromkeys(CRITERIA[side], mark), "text": f"From the {side}.", **more}  # type: ignore[index]


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    made = await one_released(db, cast)
    await db.commit()
    return made


async def test_both_write_then_both_read_and_one_replies(
    db: Session, cast: Cast, browse: Browse, contract: Contract
) -> None:
    bilal, ayesha = await browse(cast.bilal), await browse(cast.ayesha)
    path = f"{path_of(contract.id)}/review"

    refused = await bilal.submit(path, {"text": "No marks."}, shown_on=path)
    assert refused.status_code == 422 and "No marks." in refused.text
    written = await bilal.submit(path, said("employer", private_note="Between us."), shown_on=path)
    assert written.headers["location"] == path_of(contract.id)
    assert "From the employer." in (await bilal.get(path)).text
    assert "From the employer." not in (await ayesha.get(path)).text
    await ayesha.submit(path, said("freelancer", "4"), shown_on=path)

    for browser in (bilal, ayesha):
        shown = (await browser.get(path_of(contract.id))).text
        assert "From the employer." in shown and "From the freelancer." in shown
        assert ("Between us." in shown) == (browser is bilal)
    answer = await bilal.submit(f"{path}/reply", {"text": "With pleasure."}, shown_on=path)
    assert answer.status_code == 303
    again = await bilal.post(f"{path}/reply", data={"text": "More.", "_csrf_token": bilal.own_token()})
    assert again.status_code == 409
    listed = (await ayesha.get("/organisations/agritrack/reviews")).text
    assert "From the freelancer." in listed and "With pleasure." in listed
    assert "4.00" in listed and "from one review" in listed


async def test_strangers_find_no_review_page_of_a_contract(cast: Cast, browse: Browse, contract: Contract) -> None:
    hina, path = await browse(cast.hina), f"{path_of(contract.id)}/review"
    assert (await hina.get(path)).status_code == 404
    assert (await hina.post(path, data={"_csrf_token": hina.own_token()})).status_code == 404


async def test_the_downloaded_inputs_give_the_same_figure_outside(
    db: Session, cast: Cast, browse: Browse, contract: Contract, tmp_path: Path
) -> None:
    await reviewed(db, cast, contract, "employer", score=2)
    await reviewed(db, cast, contract, "freelancer", score=5)
    await db.commit()
    clock.advance(timedelta(days=100))
    ayesha = await browse(cast.ayesha)
    assert "/reputation/inputs.json" in (await ayesha.get("/reputation")).text
    downloaded = await ayesha.get("/reputation/inputs.json")
    (path := tmp_path / "inputs.json").write_bytes(downloaded.content)
    run = subprocess.run([sys.executable, "-I", ROOT / "deploy/reputation.py", path], capture_output=True, check=True)
    assert run.stdout.decode().strip() == json.loads(downloaded.content)["figure"] == "3.67"
    assert "3.67" in (await ayesha.get("/people/ayesha/reviews")).text
    table = (await ayesha.get("/reputation/inputs.csv")).text.splitlines()
    assert table[0] == "review,shown_on,communication,quality,time" and table[1].endswith(",2,2,2")
    bilal = await browse(cast.bilal)
    theirs = json.loads((await bilal.get("/reputation/inputs.json?of=organisation")).content)
    assert len(theirs["reviews"]) == 1
    assert json.loads((await bilal.get("/reputation/inputs.json")).content)["reviews"] == []
    newcomer = await (await browse(cast.hina)).get("/people/hina/reviews")
    assert "New here, no reviews yet." in newcomer.text


# -- blindness: whatever can be opened says the same as if nobody had written


async def _pages(browser: Browser, contract: Contract, *, all_of_them: bool) -> dict[str, str]:
    """All pages and answers on which a review could show, without what changes by itself (tokens, times)."""
    short = path_of(contract.id)
    paths = (
        *(short, f"{short}/review", "/people/ayesha", "/people/ayesha/reviews", "/organisations/agritrack"),
        "/organisations/agritrack/reviews",
    )
    more = (
        *("/", "/contracts", f"{short}/milestones/1", "/notices", "/people", "/proposals", "/gigs/mine", "/messages"),
        *("/reputation", "/reputation/inputs.json", "/reputation/inputs.csv"),
        *("/reputation/inputs.json?of=organisation", "/search?q=Zarqa"),
    )
    asked = (*paths, *more) if all_of_them else paths
    return {path: _still((await browser.get(path)).text) for path in asked}


def _still(text: str) -> str:
    """Without one-time tokens."""
    lines = [line for line in text.splitlines() if "_csrf_token" not in line and "X-CSRF" not in line.upper()]
    return "\n".join(line for line in lines if 'name="submission"' not in line and "nonce" not in line)


@pytest.mark.parametrize("writer", ["employer", "freelancer"])
async def test_before_it_is_shown_nobody_else_can_tell_that_a_review_is_there(
    db: Session, cast: Cast, browse: Browse, statements: Statements, writer: str
) -> None:
    contract = await over(db, cast)
    await db.commit()
    reader = cast.ayesha if writer == "employer" else cast.bilal
    browsers = {"reader": await browse(reader), "stranger": await browse(cast.hina), "visitor": await browse()}
    browsers |= {"staff": await browse(cast.sana)}
    clock.advance(timedelta(hours=2))  # so that no page says how many seconds ago something was

    async def seen(who: str) -> dict[str, str]:
        return await _pages(browsers[who], contract, all_of_them=who == "reader")

    before = {who: await seen(who) for who in browsers}
    statements.clear()
    await browsers["reader"].get(path_of(contract.id))
    work = len(statements)

    review = await reviewed(db, cast, contract, writer)  # type: ignore[arg-type]
    await db.commit()

    for who in browsers:
        for path, text in (await seen(who)).items():
            assert SECRETS[writer] not in text, (who, path)  # type: ignore[index]
            assert text == before[who][path], (who, path)
    statements.clear()
    await browsers["reader"].get(path_of(contract.id))
    assert len(statements) == work, "the same work, so the same time"
    assert (await browsers["reader"].get(f"/report/review/{ids.short(review.id)}")).status_code == 404

    await actions.show_all(db, contract, at=clock.now())
    await db.commit()
    assert (await fresh(db, contract, writer)).shown_at is not None  # type: ignore[arg-type]
    after = (await browsers["reader"].get(path_of(contract.id))).text
    assert SECRETS[writer] in after, "the scan would have found it"  # type: ignore[index]


async def test_a_list_of_reviews_costs_the_same_whatever_its_length(
    db: Session, cast: Cast, browse: Browse, statements: Statements, contract: Contract
) -> None:
    await reviewed(db, cast, contract, "employer")
    await reviewed(db, cast, contract, "freelancer")
    await db.commit()
    visitor = await browse()
    statements.clear()
    await visitor.get("/people/ayesha/reviews")
    one = len(statements)
    for _ in range(2):
        more = await one_released(db, cast)
        await reviewed(db, cast, more, "employer")
        await reviewed(db, cast, more, "freelancer")
    await db.commit()
    statements.clear()
    assert (await visitor.get("/people/ayesha/reviews")).text.count('id="review-') == 3
    assert len(statements) == one
