"""Staff see how far search is behind and what it refused; nobody else."""

from uuid import uuid4

from marketplace.engines.search import outbox
from marketplace.engines.search.models import SearchChange
from marketplace.kernel import clock


async def test_staff_see_what_waits_and_what_was_refused(browse, cast, db):
    staff = await browse(cast.sana)
    assert "Nothing waits" in (await staff.get("/ops/search")).text
    for _ in range(2):
        await outbox.changed(db, "gigs", uuid4())
    await outbox.try_again(db, "OSError: disk is full")
    refused = SearchChange(
        index="gigs", document_id=uuid4(), created_at=clock.now(), is_refused=True, error="a field it does not know"
    )
    db.add(refused)
    await db.commit()
    shown = (await staff.get("/ops/search")).text
    assert "2 changes wait" in shown and "disk is full" in shown and str(refused.document_id) in shown
    assert "embedded" in shown and 'href="/ops/search"' in shown
    assert (await (await browse(cast.ayesha)).get("/ops/search")).status_code in (403, 404)
