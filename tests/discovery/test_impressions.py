"""What was shown is written with its rank, and the buffer never grows without end."""

from uuid import UUID

from sqlalchemy import select

from marketplace.discovery import impressions
from marketplace.discovery.impressions import Impressions, Shown, record
from marketplace.discovery.models import Impression
from tests.discovery.conftest import NOW

DOCUMENTS = tuple(UUID(int=number) for number in range(1, 4))


def shown(**changes):
    return Shown(**{"at": NOW, "user_id": None, "surface": "gigs", "query": "q=logo", "documents": DOCUMENTS} | changes)


async def test_each_document_gets_its_rank(db, cast):
    buffer = Impressions()
    buffer.note(shown(first_rank=21, user_id=cast.ayesha.id))
    buffer.note(shown(documents=()))
    assert await record(db, buffer.take()) == 3
    rows = await db.execute(
        select(Impression.document_id, Impression.rank, Impression.user_id).order_by(Impression.rank)
    )
    assert rows.all() == [(id, rank, cast.ayesha.id) for id, rank in zip(DOCUMENTS, (21, 22, 23), strict=True)]
    assert buffer.take() == []
    assert await record(db, []) == 0


def test_a_buffer_that_nobody_empties_stops_growing(monkeypatch):
    monkeypatch.setattr(impressions, "_MOST", 2)
    buffer = Impressions()
    for _ in range(5):
        buffer.note(shown())
    assert len(buffer.take()) == 2
