"""Certified by X through the real index: an employer finds her by it, and within five seconds of revoking no longer."""

from time import monotonic

from sqlalchemy import select

from marketplace.engines.search import outbox
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import drain
from marketplace.places.models import Park
from marketplace.training import certificates, programmes
from tests.cast import Cast
from tests.training.scenes import claimed, cohort, school
from tests.visitors import Browse


async def test_a_revoked_certificate_is_gone_from_search_within_five_seconds(
    browse: Browse, db: Session, cast: Cast, services
) -> None:
    at_school = await school(db)
    mine = await claimed(db, at_school, cast.ayesha)
    await db.commit()
    await drain(services)
    bilal, found = await browse(cast.bilal), "/people?certified=skills-academy"
    shown = (await bilal.get(found)).text
    assert cast.ayesha_profile.headline in shown and cast.hina_profile.headline not in shown
    assert "certified by Skills Academy" in shown
    assert shown.count(">Skills Academy<") >= 1, "the filter in force is said by name"
    assert cast.ayesha_profile.headline in (await bilal.get("/people?skill=css")).text

    await certificates.revoke(db, mine, "mistake", by=at_school.tariq.id, at=clock.now())
    await db.commit()
    revoked_at = monotonic()
    everywhere = (await bilal.get("/people")).text
    assert "certified by" not in everywhere, "what PostgreSQL shows is right at once"
    await drain(services)
    for address in (found, "/people?skill=css"):
        assert cast.ayesha_profile.headline not in (await bilal.get(address)).text
    assert monotonic() - revoked_at < 5


async def test_programmes_are_found_by_where_and_for_whom_they_take_applications(
    browse: Browse, db: Session, services
) -> None:
    at_school, at = await school(db), clock.now()
    park = (await db.scalars(select(Park).where(Park.district == "multan"))).first()
    assert park is not None
    run = {"park_id": park.id, "is_women_only": True, "is_online": False}
    women = await cohort(db, at_school.programme, at_school.tariq, at=at, name="Women", **run)
    await db.commit()
    await drain(services)
    visitor = await browse()

    async def finds(query: str) -> bool:
        return "Web for everybody" in (await visitor.get(f"/training?{query}")).text

    found = [await finds(query) for query in ("women=1", "district=multan", "near=lodhran&km=100", "online=1")]
    assert found == [True, True, True, False]
    assert "1 programme<" in (await visitor.get("/training?women=1&district=multan")).text
    listing = outbox.listing_of("training")
    columns = [listing.fields[name].label(name) for name in ("district", "women_only", "online")]
    in_sql = (await db.execute(listing.ids.with_only_columns(*columns))).mappings().one()
    (document,) = await outbox.documents(db, "training", [at_school.programme.id])
    assert dict(in_sql) == {name: document[name] for name in in_sql}

    await programmes.move_cohort(db, women, "cancelled", by=at_school.tariq.id, at=at)
    await db.commit()
    await drain(services)
    assert not await finds("women=1"), "the cohort takes no applications any more"
