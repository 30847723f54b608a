"""No private word and no private column ever reaches an index: every loader's documents are scanned."""

import json

from sqlalchemy import select

from marketplace.engines.search import outbox
from marketplace.postings import actions as postings
from marketplace.postings.rules import Content
from tests.discovery.conftest import NOW
from tests.discovery.five_gigs import the_cast, the_database, the_index, the_stage, the_world  # noqa: F401 - fixtures

PRIVATE_FIELDS = {
    *("email", "phone", "gender", "password_hash", "user_id", "created_by", "photo_file_id", "source_ref"),
    *("women_only_reason", "questions", "time_zone", "shows_name", "park_id", "staff_role"),
}
"""Columns that no document has, by name."""


async def test_private_words_and_columns_stay_out_of_every_index(db, world, cast):
    her, profile = cast.ayesha, cast.ayesha_profile
    her.name, her.email, her.phone = "Ayesha Zquandry", "zquemail@test.example", "+923001239876"
    profile.shows_name = profile.shows_place = False
    profile.district = "rajanpur"
    await db.flush()
    draft = Content(title="Zqudraft that nobody may read", description="Zqudraft words")
    await postings.save_draft(db, draft, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=NOW)
    removed = world[0]
    removed.title = "Zquremoved title"
    await postings.remove(db, removed, by=cast.sana.id, at=NOW, why="Zqureason of a moderator")
    documents = []
    for source in outbox._sources.values():
        ids = (await db.scalars(source.listing.ids)).all()
        documents += await source.load(db, [*ids, removed.id])
    assert len(documents) > 5
    said = json.dumps(documents, ensure_ascii=False, default=str).lower()
    assert "ayesha" in said, "what she shows is there"
    for word in ("zqu", "3001239876", "rajanpur", str(her.id)):
        assert word not in said, word
    assert not PRIVATE_FIELDS & {name for document in documents for name in document}
    assert await db.scalar(select(type(removed).state).where(type(removed).id == removed.id)) == "removed"
