"""She gets every row about her and nothing of anybody else's; the file is hers alone and goes after its days."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from marketplace.engines.files.folder import Folder
from marketplace.engines.notify.models import Mail
from marketplace.identity.models import DataExport, UserSession
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services, drain
from marketplace.privacy import exports
from tests.cast import Cast
from tests.contracts.reviewing import SECRETS, over, reviewed
from tests.security.people import gather
from tests.security.things import build
from tests.visitors import Browse, Browser


async def _stepped_up(browser: Browser, db: Session) -> Browser:
    for session in (await db.scalars(select(UserSession))).all():
        session.stepped_up_at = clock.now()
    await db.commit()
    return browser


async def _files_of(db: Session, folder: Path, cast: Cast, who: str, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / f"{who}.zip"
    person = await exports.person_of(db, getattr(cast, who).id)
    await exports.write(db, Folder(folder), person, path, readme="")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_all_that_she_did_is_in_it_and_nobody_elses_words(db: Session, cast: Cast, tmp_path: Path) -> None:
    await gather(db, cast)
    await build(db, cast, tmp_path / "files")
    files = await _files_of(db, tmp_path / "files", cast, "ayesha", tmp_path)
    rows = {name[5:-5]: json.loads(data) for name, data in files.items() if name.startswith("rows/")}
    assert {"users", "freelancers", "proposals", "contracts", "milestones", "deliveries", "holds"} <= rows.keys()
    assert {"applications", "thread_messages", "notices", "restrictions", "appeals", "passkeys"} <= rows.keys()
    assert rows["users"][0]["email"] == "ayesha@test.example"
    assert any(name.startswith("files/") for name in files), "what she uploaded"
    everything = b"".join(files.values()).decode()
    for other in ("Hina", "hina@test.example", "Bilal", "bilal@test.example", "argon2id"):
        assert other not in everything, other
    assert str(cast.sana.id) not in everything, "who decided about her"


async def test_reviews_that_nobody_may_read_yet_are_not_in_it(db: Session, cast: Cast, tmp_path: Path) -> None:
    await reviewed(db, cast, await over(db, cast), "employer")
    for who, has_it in (("ayesha", False), ("bilal", True)):
        files = await _files_of(db, tmp_path / "files", cast, who, tmp_path)
        assert (SECRETS["employer"].encode() in b"".join(files.values())) is has_it, who


async def test_it_is_asked_for_made_told_downloaded_and_gone(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    asked = await hers.submit("/account/data/exports", shown_on="/account/data")
    assert asked.headers["location"].startswith("/account/confirm"), "she proves first that it is she"
    await _stepped_up(hers, db)
    for _ in range(2):
        assert (await hers.submit("/account/data/exports", shown_on="/account/data")).status_code == 303
    export = (await db.scalars(select(DataExport))).one()
    assert "It is being made" in (await hers.get("/account/data")).text
    await drain(services)
    await db.refresh(export)
    assert export.state == "ready"
    told = (await db.scalars(select(Mail).where(Mail.message == "export_ready"))).one()
    assert told.to == "ayesha@test.example"
    address = f"/account/data/exports/{ids.short(export.id)}"
    assert address in (await hers.get("/account/data")).text
    got = await hers.get(address)
    assert got.status_code == 200 and "attachment" in got.headers["content-disposition"]
    names = zipfile.ZipFile(io.BytesIO(got.content)).namelist()
    assert {"README.txt", "rows/users.json"} <= set(names)
    assert (await his.get(address)).status_code == 404
    clock.advance(exports.KEPT + timedelta(minutes=1))
    assert (await hers.get(address)).status_code in (303, 404), "over, and her session may be"
    async with services[Database].write.begin() as at_work:
        await exports.sweep(at_work, at=clock.now())
    await db.refresh(export)
    assert (export.state, export.file_id) == ("over", None)
