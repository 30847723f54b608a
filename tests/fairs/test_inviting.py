"""An organiser finds freelancers and asks them to a fair: once, and saying no is enough."""

from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import make_hall
from tests.visitors import Browse
from tests.web.test_fairs_join import FORM


async def test_who_is_asked_comes_or_says_no(browse: Browse, db: Session, cast: Cast, services: Services) -> None:
    fair = (await make_hall(db, cast, candidates=0)).fair
    await db.commit()
    omar, ayesha, hina = await browse(cast.omar), await browse(cast.ayesha), await browse(cast.hina)
    people, address = f"/fairs/{fair.slug}/organise/people", f"/fairs/{fair.slug}"
    assert cast.ayesha_profile.handle in (await omar.get(people)).text
    hers = f"/people/{cast.hina_profile.handle}"
    assert f'href="{people}?q=shopify"' in (await omar.get("/people?q=shopify")).text, "what was searched comes along"
    assert "Invite to a fair" not in (await ayesha.get("/people")).text + (await ayesha.get(hers)).text
    for person in (cast.ayesha_profile, cast.ayesha_profile):
        sent = await omar.submit(people, {"id": ids.short(person.id)}, shown_on=people)
        assert sent.status_code == 303
    sent = await omar.submit(people, {"id": ids.short(cast.hina_profile.id), "next": hers}, shown_on=hers)
    assert sent.headers["location"] == hers and "Invited" in (await omar.get(hers)).text
    await drain(services)
    told = select(func.count()).select_from(Mail).where(Mail.message == "fair_invited")
    assert (await db.scalars(told)).one() == 2, "nobody is asked twice"
    assert fair.title_en in (await ayesha.get("/")).text and "asks you to come" in (await hina.get(address)).text
    assert (await hina.submit(f"{address}/invitation/decline", shown_on=address)).status_code == 303
    assert "asks you to come" not in (await hina.get(address)).text and fair.title_en not in (await hina.get("/")).text
    await ayesha.submit(f"{address}/join", FORM | {"name": "Ayesha Khan"}, shown_on=f"{address}/join")
    assert (await db.scalars(select(FairCandidate.source))).all() == ["invited"]
    shown = (await omar.get(people)).text
    assert "Does not come this time" in shown and "Registered" in shown
    fair.state = "matching"
    await db.commit()
    late = await omar.submit(people, {"id": ids.short(cast.hina_profile.id)}, shown_on=people)
    assert late.status_code == 409
