"""A freelancer writes her profile; others see what she shows."""

from typing import Any

import pytest
from sqlalchemy import select

from marketplace.engines.search.models import SearchChange
from marketplace.gigs import actions as gigs
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.talent import queries
from marketplace.talent.models import Freelancer
from tests.cast import Cast
from tests.gigs.writing import proposed
from tests.postings.writing import opened
from tests.visitors import Browse, Browser


def written(**changes: Any) -> dict[str, Any]:
    """The form of a whole profile as a browser sends it."""
    return {
        "headline": "Shops that load fast",
        "skills": ["css", "HTML, wordpress"],
        "about": "I make **shops**. <script>alert(1)</script>",
        "languages-0-code": "ur",
        "languages-0-level": "native",
        "languages-1-code": "en",
        "languages-1-level": "good",
        "languages-2-code": "",
        "languages-2-level": "good",
        "rate": "15.50",
        "hours_a_week": "25",
        "district": "multan",
        "park": "",
        "shows_place": "y",
        "next": "",
        "step": "list",
        **changes,
    }


async def of(db: Session, user: User) -> Freelancer | None:
    found = select(Freelancer).where(Freelancer.user_id == user.id).execution_options(populate_existing=True)
    return (await db.execute(found)).scalar_one_or_none()


async def test_she_begins_and_is_found(browse: Browse, client: Browser, cast: Cast, db: Session) -> None:
    his = await browse(cast.omar)
    assert "Save and let people find me" in (await his.get("/profile")).text
    saved = await his.submit("/profile", written(), shown_on="/profile")
    made = await of(db, cast.omar)
    assert made is not None and (saved.status_code, saved.headers["location"]) == (303, f"/people/{made.handle}")
    profile = await queries.profile_of(db, made)
    assert (profile.rate_minor, profile.hours_a_week, profile.district, profile.is_listed) == (
        15_50,
        25,
        "multan",
        True,
    )
    assert set(profile.skills) == {"css", "html", "wordpress"}
    assert [(each.code, each.level) for each in profile.languages] == [("ur", "native"), ("en", "good")]
    changed = select(SearchChange.document_id).where(SearchChange.index == "people")
    assert made.id in set((await db.execute(changed)).scalars())

    shown = (await client.get(f"/people/{made.handle}")).text
    assert "<h1>Omar</h1>" in shown and "Farooq" not in shown and "<strong>shops</strong>" in shown
    assert "<script>alert" not in shown and "USD 15.50" in shown and "Multan" in shown
    again = (await his.get("/profile")).text
    assert 'value="15.50"' in again and "take it out of the search" in again
    await his.submit("/profile", written(step="unlist"), shown_on="/profile")
    assert (await client.get(f"/people/{made.handle}")).status_code == 404
    assert (await his.get(f"/people/{made.handle}")).status_code == 200


async def test_a_half_finished_profile_is_kept_unlisted(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.omar)
    saved = await his.submit("/profile", {"headline": "", "step": "save", "languages-0-code": ""}, shown_on="/profile")
    assert saved.headers["location"] == "/profile"
    made = await of(db, cast.omar)
    assert made is not None and not made.is_listed
    assert "What would help most next" in (await his.get("/profile")).text


async def test_she_goes_on_to_where_she_came_from(browse: Browse, cast: Cast) -> None:
    his = await browse(cast.omar)
    form = (await his.get("/profile?next=/gigs/abc/propose")).text
    assert 'value="/gigs/abc/propose"' in form
    saved = await his.submit("/profile", written(next="/gigs/abc/propose"), shown_on="/profile")
    assert saved.headers["location"] == "/gigs/abc/propose"
    astray = await his.submit("/profile", written(next="//evil.example/"), shown_on="/profile")
    assert astray.headers["location"].startswith("/people/")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"headline": ""}, "Write a headline"),
        ({"headline": "x" * 121}, "At most 120 letters"),
        ({"skills": ""}, "at least one skill"),
        ({"skills": "telepathy"}, "We do not know the skill telepathy."),
        ({"rate": "a lot"}, "Write an amount in figures"),
        ({"hours_a_week": "90"}, "0 to 80 hours"),
        ({"hours_a_week": "some"}, "Not a valid integer value"),
        ({"languages-1-code": "ur"}, "each language once"),
        ({"languages-1-code": "xx"}, "each language once"),
        ({"languages-1-level": "superb"}, "each language once"),
        ({"district": "atlantis"}, "Not a valid choice"),
        ({"about": "x" * 10_001}, "At most 10000 letters"),
    ],
)
async def test_a_refused_form_says_why_and_loses_nothing(browse: Browse, cast: Cast, db, changes, said) -> None:
    his = await browse(cast.omar)
    refused = await his.submit("/profile", written(**changes), shown_on="/profile")
    assert refused.status_code == 422 and said in refused.text and "Nothing is lost" in refused.text
    assert "Shops that load fast" in refused.text or "headline" in changes
    assert await of(db, cast.omar) is None


async def test_a_shortlisted_one_is_seen_whole_by_that_employer(browse, client, cast: Cast, db: Session) -> None:
    at = clock.now()
    cast.ayesha_profile.is_listed = False
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await db.commit()
    his = await browse(cast.bilal)
    assert (await his.get("/people/ayesha")).status_code == 404
    await gigs.shortlist(db, proposal, by=cast.bilal.id, at=at)
    await db.commit()
    assert "<h1>Ayesha Khan</h1>" in (await his.get("/people/ayesha")).text
    for other in (client, await browse(cast.hina), await browse(cast.omar)):
        assert (await other.get("/people/ayesha")).status_code == 404


async def test_nobody_else_and_no_visitor_gets_the_form(client: Browser) -> None:
    assert (await client.get("/profile")).headers["location"].startswith("/sign-in")
    assert (await client.get("/people/nobody")).status_code == 404
