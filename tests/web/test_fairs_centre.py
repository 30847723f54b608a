"""A centre registers its people by a file: bad lines are named, good ones get their ticket by SMS."""

from sqlalchemy import func, select

from marketplace.engines.notify.models import TextMessage
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import make_hall
from tests.visitors import Browse

FILE = """name,phone,email,woman,skills,pay_floor,arrives
Sadia Bibi,0300 1234567,,yes,WordPress,25000,10:30
Nadia Aslam,0300 12,,,,,
,0301 7654321,,,,,
Rabia Tariq,+92 300 1234567,,,,,
Hafsa Noor,,hafsa@test.example,maybe,,,
Zainab Ali,0302 7654321,,no,unheard-of,,
Kiran Shah,,kiran@test.example,,,,9:00
"""


async def test_bad_lines_are_named_and_good_ones_get_their_ticket(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    fair = (await make_hall(db, cast, candidates=0, capacity=1)).fair
    await db.commit()
    omar, here = await browse(cast.omar), f"/fairs/{fair.slug}/centre"
    sample = (await omar.get(f"{here}/sample")).content
    hidden = await omar.hidden(here)
    sent = await omar.post(here, data=hidden, files={"file": ("people.csv", FILE.encode(), "text/csv")})
    address = sent.headers["location"]
    shown = (await omar.get(address)).text
    assert all(f"line {line}" in shown for line in (3, 4, 5, 6, 7)) and "line 8" not in shown
    assert (await omar.submit(f"{address}/confirm", shown_on=address)).status_code == 409, "bad lines need a word"
    assert (await omar.submit(f"{address}/confirm", {"skips_bad": "y"}, shown_on=address)).status_code == 303
    await drain(services)
    people = select(FairCandidate.name, FairCandidate.state, FairCandidate.locale).order_by(FairCandidate.number)
    found = [tuple(row) for row in (await db.execute(people)).all()]
    assert found == [("Sadia Bibi", "registered", "ur"), ("Kiran Shah", "waiting", "ur")]
    assert "2 of 2" in (await omar.get(address)).text
    texts = select(func.count()).select_from(TextMessage).where(TextMessage.to == "+923001234567")
    assert (await db.scalars(texts)).one() == 1
    again = await omar.post(here, data=await omar.hidden(here), files={"file": ("sample.csv", sample, "text/csv")})
    assert "1 line can be loaded" in (await omar.get(again.headers["location"])).text
    assert (await (await browse(cast.bilal)).get(address)).status_code == 404
