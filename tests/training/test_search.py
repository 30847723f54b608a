"""Certified by X through the real index: an employer finds her by it, and within five seconds of revoking no longer."""

from time import monotonic

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import drain
from marketplace.training import certificates
from tests.cast import Cast
from tests.training.scenes import claimed, school
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
