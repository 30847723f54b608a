"""An employer's way into a fair, and what both sides wish of each other before it."""

import re

from sqlalchemy import select

from marketplace.engines.notify.models import Mail
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import Preference
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import add_candidates, make_fair, make_hall, ticket
from tests.postings.writing import opened
from tests.visitors import Browse


async def test_an_employer_asks_is_approved_and_confirms_by_a_posting(browse: Browse, db: Session, cast: Cast) -> None:
    fair = await make_fair(db, cast)
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
    await db.commit()
    bilal, own = await browse(cast.bilal), f"/fairs/{fair.slug}/booth"
    assert own in (await bilal.get(f"/fairs/{fair.slug}")).text
    refused = await bilal.submit(own, {"tables": "99", "about": "Growers of apps"}, shown_on=own)
    assert refused.status_code == 422 and "Growers of apps" in refused.text
    await bilal.submit(own, {"tables": "2", "about": "Growers of apps"}, shown_on=own)
    booth = (await db.scalars(select(Booth))).one()
    assert (booth.state, booth.wants_tables, (await bilal.get(f"{own}/candidates")).status_code) == (
        "requested",
        2,
        404,
    )
    booth.state = "approved"
    await db.commit()
    assert (await bilal.submit(f"{own}/postings", {"posting": ids.short(gig.id)}, shown_on=own)).status_code == 303
    await bilal.submit(f"{own}/representatives", {"name": "Sara Javed"}, shown_on=own)
    assert "Confirmed" in (await bilal.get(own)).text and "Sara Javed" in (await bilal.get(own)).text
    assert (await bilal.submit(f"{own}/withdraw", shown_on=own)).status_code == 303
    await db.refresh(booth)
    assert booth.state == "withdrawn"


async def test_an_invitation_makes_a_booth_ones_own_once(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    """By mail and as a link to copy; loaded employers all at once; who was asked is not asked by that again."""
    hall = await make_hall(db, cast, booths=3, employer=cast.park.id)
    hall.booths[1].email = "loaded@test.example"
    await db.commit()
    bilal, omar = await browse(cast.bilal), await browse(cast.omar)
    listed = f"/fairs/{hall.fair.slug}/organise/booths"
    said = {"name": "Multan Soft", "email": "hr@test.example", "is_only_invited": "y"}
    own = (await omar.submit(listed, said, shown_on=listed)).headers["location"]
    assert "1 employer has an address" in (await omar.get(listed)).text
    await omar.submit(f"/fairs/{hall.fair.slug}/organise/invitations", shown_on=listed)
    assert "has an address" not in (await omar.get(listed)).text
    await drain(services)
    mails = (await db.scalars(select(Mail).where(Mail.message == "fair_booth_invited").order_by(Mail.to))).all()
    assert [each.to for each in mails] == ["hr@test.example", "loaded@test.example"]
    link = re.search(r"/booths/[\w-]+", mails[0].text)
    assert link and link[0] in (await omar.get(own)).text
    assert "Multan Soft" not in (await bilal.get(f"/fairs/{hall.fair.slug}")).text, "nobody sees it yet"
    assert (await bilal.get("/booths/another")).status_code == 404
    taken = await bilal.submit(link[0], shown_on=link[0])
    assert taken.headers["location"] == f"/fairs/{hall.fair.slug}/booth"
    assert (await bilal.get(link[0])).status_code == 404 and "Its link" not in (await omar.get(own)).text
    assert (await bilal.get(f"/fairs/{hall.fair.slug}/booth/candidates")).status_code == 200


async def test_both_sides_wish_and_an_employer_reads_numbers_not_names(browse: Browse, db: Session, cast: Cast) -> None:
    hall = await make_hall(db, cast, booths=5, candidates=0)
    her = (await add_candidates(db, hall.fair, 1, pay_floor_minor=50_000_00, currency="PKR", pay_period="month"))[0]
    stand = hall.booths[0]
    stand.pay_from_minor, stand.pay_to_minor, stand.currency, stand.pay_period = 1, 30_000_00, "PKR", "month"
    await db.commit()
    hers, visitor = f"/tickets/{ticket(hall.fair, her.number)}/wishes", await browse()
    assert "PKR 20,000 is missing" in (await visitor.get(hers)).text
    for booth in hall.booths[:4]:
        said = await visitor.submit(hers, {"id": ids.short(booth.id), "choice": "must"}, shown_on=hers)
        assert said.status_code == (409 if booth is hall.booths[3] else 303), "three musts, no more"
    bilal, theirs = await browse(cast.bilal), f"/fairs/{hall.fair.slug}/booth/candidates"
    shown = (await bilal.get(theirs)).text
    assert f"Number {her.number}" in shown and her.name not in shown and "PKR 20,000 is missing" in shown
    assert f"Number {her.number}" in (await bilal.get(f"{theirs}?show=wished")).text
    tapped = {"id": ids.short(her.id), "choice": "would"}
    swapped = await bilal.submit(theirs, tapped, shown_on=theirs, headers={"hx-request": "true"})
    assert swapped.status_code == 200 and "<html" not in swapped.text and 'aria-pressed="true"' in swapped.text
    await visitor.submit(hers, {"id": ids.short(stand.id), "choice": "no"}, shown_on=hers)
    assert f"Number {her.number}" not in (await bilal.get(theirs)).text
    hall.fair.wishes_close_at = clock.now()
    await db.commit()
    assert (await visitor.submit(hers, {"id": ids.short(stand.id), "choice": ""}, shown_on=hers)).status_code == 409
    assert len((await db.scalars(select(Preference))).all()) == 4
