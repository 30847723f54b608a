"""A candidate's way: register, find the ticket, change, leave and come back, in her own language."""

import re

from sqlalchemy import select

from marketplace.engines.notify.models import TextMessage
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import make_hall, make_timetable
from tests.visitors import Browse

FORM = {"name": "Sadia Bibi", "phone": "0300 1234567", "takes_sms": "y", "consent": "y", "companions": "1"}
FORM |= {"currency": "PKR", "pay_period": "month", "pay_floor": "30000", "comes": "10:00"}


async def _tickets(db: Session, services: Services) -> list[str]:
    """The tickets that were texted, oldest first."""
    await db.commit()
    await drain(services)
    texts = (await db.scalars(select(TextMessage.body).order_by(TextMessage.id))).all()
    return [found[0] for text in texts if (found := re.search(r"/tickets/[\w-]+", text))]


async def test_with_a_phone_alone_the_ticket_comes_by_sms(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hall = await make_hall(db, cast, candidates=0)
    await db.commit()
    visitor, address = await browse(), f"/fairs/{hall.fair.slug}"
    public = (await visitor.get(address)).text
    assert "Take part" in public and '"@type":"Event"' in public
    dated = (await visitor.get(f"{address}/calendar")).text
    assert f"DTSTART:{hall.day.opens_at:%Y%m%dT%H%M%SZ}" in dated and hall.fair.title_en in dated
    listed = re.findall(r"/sitemaps/fairs-\w+\.xml", (await visitor.get("/sitemap.xml")).text)
    assert f"{address}<" in (await visitor.get(listed[0])).text
    refused = await visitor.submit(f"{address}/join", FORM | {"phone": "12", "consent": ""}, shown_on=f"{address}/join")
    assert refused.status_code == 422 and "Sadia Bibi" in refused.text
    for _ in range(2):
        sent = await visitor.submit(f"{address}/join", FORM, shown_on=f"{address}/join")
        assert sent.headers["location"] == f"{address}/joined", "the second time tells nothing else"
    ticket = (await _tickets(db, services))[-1]
    stranger = await browse()
    shown = await stranger.get(ticket)
    assert "Sadia Bibi" in shown.text and "<svg" in shown.text and shown.headers["x-robots-tag"] == "noindex"
    assert (await stranger.get(f"{ticket}A")).status_code == 404
    assert (await stranger.submit(f"{ticket}/language", {"locale": "ur"}, shown_on=ticket)).status_code == 303
    assert 'dir="rtl"' in (await (await browse()).get(ticket)).text
    assert (await stranger.submit(f"{ticket}/withdraw", shown_on=ticket)).status_code == 303
    assert (await stranger.submit(f"{ticket}/back", shown_on=ticket)).status_code == 303
    changed = FORM | {"name": "Sadia Noor", "comes": "11:00"}
    assert (await stranger.submit(f"{ticket}/edit", changed, shown_on=f"{ticket}/edit")).status_code == 303
    candidate = (await db.scalars(select(FairCandidate).execution_options(populate_existing=True))).one()
    assert (candidate.name, candidate.state, candidate.locale) == ("Sadia Noor", "registered", "ur")
    hina = await browse(cast.hina)
    assert (await hina.submit(f"{ticket}/claim", shown_on=ticket)).status_code == 303
    assert (await hina.get(f"{address}/ticket")).headers["location"] == ticket


async def test_with_an_account_it_is_filled_in_and_a_moved_fair_asks_again(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hall = await make_hall(db, cast, candidates=0)
    await db.commit()
    ayesha, address = await browse(cast.ayesha), f"/fairs/{hall.fair.slug}"
    form = (await ayesha.get(f"{address}/join")).text
    assert "Ayesha Khan" in form and "Shopify and WordPress" in form and "Are you a woman?" not in form
    made = await ayesha.submit(f"{address}/join", FORM | {"name": "Ayesha Khan"}, shown_on=f"{address}/join")
    ticket = made.headers["location"]
    assert (
        re.fullmatch(r"/tickets/[\w-]{24}", ticket) and "Does this day suit you?" not in (await ayesha.get(ticket)).text
    )
    assert hall.fair.title_en in (await ayesha.get("/")).text
    refused = await ayesha.submit(f"{ticket}/objection", {"text": "My bus"}, shown_on=ticket)
    assert refused.status_code == 409, "no timetable yet"
    timetable = await make_timetable(db, hall.fair, state="provisional")
    await db.commit()
    await ayesha.submit(f"{ticket}/objection", {"text": "My bus leaves at two"}, shown_on=ticket)
    assert "My bus leaves at two" in (await ayesha.get(ticket)).text
    omar, versions = await browse(cast.omar), f"/fairs/{hall.fair.slug}/organise/timetable"
    answering = re.search(r"/organise/objections/\w+", (await omar.get(versions)).text)
    assert answering
    said = {"answer": "We move you before noon"}
    await omar.submit(f"/fairs/{hall.fair.slug}{answering[0]}", said, shown_on=versions)
    assert "We move you before noon" in (await ayesha.get(ticket)).text
    timetable.state = "published"
    hall.fair.dates_version += 1
    await db.commit()
    assert "Does this day suit you?" in (await ayesha.get(ticket)).text
    await ayesha.submit(f"{ticket}/confirm", shown_on=ticket)
    assert "said that you come" in (await ayesha.get(ticket)).text
