"""Files are what their bytes say, whole or not there, and go when nobody needs them."""

import asyncio
import os
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import select, text

from marketplace.contracts.models import Contract, Delivery, DeliveryFile, Milestone
from marketplace.engines.files import actions, rules
from marketplace.engines.files.actions import Upload
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.queue import Services, defer, drain
from tests.cast import Cast

EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\x00" * 200


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files")


def upload(name: str, data: bytes, *, piece: int = 1000) -> Upload:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), piece):
            yield data[start : start + piece]

    return Upload(name, pieces())


def picture(width: int = 40, height: int = 30, kind: str = "PNG", **options: object) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "#0b4f8a").save(target, kind, **options)
    return target.getvalue()


def archive(*names: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return target.getvalue()


def stored_paths(folder: Folder) -> list[Path]:
    return sorted(path for path in folder.path.rglob("*") if path.is_file())


async def keep(db: Session, cast: Cast, folder: Folder, name: str, data: bytes, **options: bool) -> StoredFile:
    return await actions.store(db, folder, upload(name, data), by=cast.ayesha.id, at=clock.now(), **options)


async def content(folder: Folder, file: StoredFile, **options: int) -> bytes:
    return b"".join([piece async for piece in await actions.open_file(folder, file, **options)])


@pytest.mark.parametrize(
    ("name", "data", "expected", "media_type"),
    [
        ("report.pdf", b"%PDF-1.7\n...", "report.pdf", "application/pdf"),
        ("logo.PNG", picture(), "logo.png", "image/png"),
        ("photo.jpeg", picture(kind="JPEG"), "photo.jpeg", "image/jpeg"),
        ("photo.pdf", picture(kind="WEBP"), "photo.webp", "image/webp"),
        ("moving.gif", picture(kind="GIF"), "moving.gif", "image/gif"),
        ("site.zip", archive("index.html"), "site.zip", "application/zip"),
        ("letter.docx", archive("[Content_Types].xml", "word/document.xml"), "letter.docx", None),
        ("sheet.zip", archive("[Content_Types].xml", "xl/workbook.xml"), "sheet.xlsx", None),
        ("talk.pptx", archive("[Content_Types].xml", "ppt/x.xml"), "talk.pptx", None),
        ("clip.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "clip.mp4", "video/mp4"),
        ("voice.m4a", b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "voice.m4a", "audio/mp4"),
        ("song.mp3", b"ID3\x04\x00\x00" + b"\x00" * 40, "song.mp3", "audio/mpeg"),
        ("song.bin", b"\xff\xfb\x90\x00" + b"\x00" * 40, "song.mp3", "audio/mpeg"),
        ("نوٹ.md", "سلام\n".encode(), "نوٹ.md", "text/plain"),
        ("table.csv", b"a,b\n1,2\n", "table.csv", "text/plain"),
        ("page.html", b"<script>alert(1)</script>", "page.html.txt", "text/plain"),
    ],
)
async def test_the_type_is_what_the_bytes_say(
    db: Session, cast: Cast, folder: Folder, name: str, data: bytes, expected: str, media_type: str | None
) -> None:
    file = await keep(db, cast, folder, name, data)

    assert file.name == expected
    assert file.media_type == media_type or (media_type is None and "officedocument" in file.media_type)
    assert await content(folder, file) == data


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("invoice.pdf", EXE, rules.FileRefused),
        ("latin.txt", "café".encode("latin-1"), rules.FileRefused),
        ("control.txt", b"abc\x00def", rules.FileRefused),
        ("broken.zip", b"PK\x03\x04 and no more", rules.FileRefused),
        ("macro.docx", archive("[Content_Types].xml", "word/vbaProject.bin"), rules.MacrosRefused),
        ("photo.heic", b"\x00\x00\x00\x20ftypheic\x00\x00\x00\x00", rules.FileRefused),
        ("nothing.txt", b"", rules.FileEmpty),
        ("large.txt", b"x" * (rules.MAX_BYTES + 1), rules.FileTooLarge),
    ],
)
async def test_what_is_refused_leaves_nothing_behind(
    db: Session, cast: Cast, folder: Folder, name: str, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await actions.store(db, folder, upload(name, data, piece=1 << 20), by=cast.ayesha.id, at=clock.now())

    assert stored_paths(folder) == []
    assert (await db.execute(select(StoredFile))).all() == []


async def test_ten_megabytes_are_just_taken(db: Session, cast: Cast, folder: Folder) -> None:
    file = await actions.store(
        db, folder, upload("full.txt", b"x" * rules.MAX_BYTES, piece=1 << 20), by=cast.ayesha.id, at=clock.now()
    )

    assert file.size_bytes == 10 * 1024 * 1024


async def test_the_same_bytes_lie_there_once(db: Session, cast: Cast, folder: Folder) -> None:
    first = await keep(db, cast, folder, "a.txt", b"same")
    second = await keep(db, cast, folder, "b.txt", b"same")

    assert first.id != second.id
    assert [path.parent.name + path.name for path in stored_paths(folder)] == [first.sha256]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\a\\report.txt", "report.txt"),
        ("re\u202eport\x00\n.txt", "report.txt"),
        ("...", "file.txt"),
        ("", "file.txt"),
        ('a"b<c>|d.txt', "a b c d.txt"),
        ("x" * 300 + ".csv", "x" * 100 + ".csv"),
        ("archive.tar.gz", "archive.tar.gz.txt"),
    ],
)
def test_names_are_safe_everywhere(name: str, expected: str) -> None:
    assert rules.clean_name(name, "text/plain") == expected


async def test_pictures_for_pages_keep_only_their_pixels(db: Session, cast: Cast, folder: Folder) -> None:
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    exif[0x0112] = 6  # turned by 90 degrees
    original = picture(2000, 1000, "JPEG", exif=exif)
    assert b"secret camera" in original

    file = await keep(db, cast, folder, "me.jpg", original, as_picture=True)

    assert (file.media_type, file.name) == ("image/webp", "me.webp")
    sizes = {}
    for width in (None, 160, 640, 1280):
        data = await content(folder, file, **({"width": width} if width else {}))
        assert b"secret camera" not in data
        with Image.open(BytesIO(data)) as drawn:
            sizes[width] = drawn.size
    assert sizes == {None: (640, 1280), 160: (80, 160), 640: (320, 640), 1280: (640, 1280)}


async def test_a_delivered_picture_stays_as_it_is_and_gets_a_preview(db: Session, cast: Cast, folder: Folder) -> None:
    original = picture(2000, 1000)

    file = await keep(db, cast, folder, "logo.png", original)

    assert await content(folder, file) == original
    with Image.open(BytesIO(await content(folder, file, width=640))) as preview:
        assert preview.format == "WEBP"
        assert preview.size == (640, 320)


async def test_a_picture_beyond_20_million_pixels_is_refused(db: Session, cast: Cast, folder: Folder) -> None:
    bomb = picture(5001, 4000)

    with pytest.raises(rules.PictureRefused):
        await keep(db, cast, folder, "bomb.png", bomb, as_picture=True)
    assert stored_paths(folder) == []

    file = await keep(db, cast, folder, "poster.png", bomb)
    with pytest.raises(NotFound):
        await actions.open_file(folder, file, width=640)


async def test_a_text_is_no_picture(db: Session, cast: Cast, folder: Folder) -> None:
    with pytest.raises(rules.PictureRefused):
        await keep(db, cast, folder, "me.png", b"hello", as_picture=True)


async def in_use(db: Session, cast: Cast, file: StoredFile) -> None:
    contract = Contract(
        organisation_id=cast.agritrack.id,
        freelancer_id=cast.ayesha_profile.id,
        state="active",
        title="A shop",
        currency="USD",
        fee_basis_points=1000,
        terms={},
        terms_hash="",
        started_at=clock.now(),
    )
    db.add(contract)
    await db.flush()
    milestone = Milestone(contract_id=contract.id, number=1, title="x", amount_minor=1, days=1, state="delivered")
    db.add(milestone)
    await db.flush()
    delivery = Delivery(
        milestone_id=milestone.id, number=1, text="", delivered_by=cast.ayesha.id, delivered_at=clock.now()
    )
    db.add(delivery)
    await db.flush()
    db.add(DeliveryFile(delivery_id=delivery.id, file_id=file.id))
    await db.flush()


def age(folder: Folder, hours: int) -> None:
    for path in stored_paths(folder):
        old = path.stat().st_mtime - hours * 3600
        os.utime(path, (old, old))


async def sweep(database: Database, folder: Folder) -> None:
    """As the night does it: the task, and the tasks that it defers."""
    services = Services(folder)
    services.add(database, Database)
    async with database.write.begin() as db:
        await defer(db, "files.sweep")
    await drain(services)


async def test_the_sweep_removes_what_nobody_points_to(
    db: Session, database: Database, cast: Cast, folder: Folder
) -> None:
    used, lost = await keep(db, cast, folder, "used.txt", b"used"), await keep(db, cast, folder, "x.png", picture())
    await in_use(db, cast, used)
    await db.commit()
    await sweep(database, folder)
    assert len(stored_paths(folder)) == 5  # a text; a picture and three small ones of it

    age(folder, 25)
    clock.advance(timedelta(hours=25))
    young = await keep(db, cast, folder, "young.txt", b"young")
    await db.commit()
    await sweep(database, folder)

    assert {path.parent.name + path.name for path in stored_paths(folder)} == {used.sha256, young.sha256}
    db.expunge_all()
    with pytest.raises(NotFound):
        await actions.stored_file(db, lost.id)


async def test_a_moved_clock_ages_no_bytes(db: Session, database: Database, cast: Cast, folder: Folder) -> None:
    """The demo's clock jumps by two weeks; bytes whose upload is not committed yet are seconds old all the same."""
    async with folder.arriving(upload("a", b"just now").stream) as arrived:
        await folder.put(arrived.path, arrived.sha256)
    clock.advance(timedelta(days=14))

    await sweep(database, folder)

    assert len(stored_paths(folder)) == 1


async def test_a_killed_upload_is_swept(database: Database, folder: Folder) -> None:
    half = folder.path / "arriving" / "half"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half a fi")
    age(folder, 25)

    await sweep(database, folder)

    assert stored_paths(folder) == []


async def test_bytes_that_come_again_during_the_sweep_stay(cloned_database: Database, folder: Folder) -> None:
    """An upload of old, orphaned bytes is not committed yet when the sweep comes: the sweep waits for it."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with folder.arriving(upload("a", b"again").stream) as arrived:
        await folder.put(arrived.path, arrived.sha256)
        sha256 = arrived.sha256
    age(folder, 25)

    async with cloned_database.write.begin() as db:
        await actions.store(db, folder, upload("a.txt", b"again"), by=uuid4(), at=clock.now())
        age(folder, 25)
        sweeping = asyncio.create_task(sweep(cloned_database, folder))
        async with asyncio.timeout(10):
            while not (await db.execute(waiting)).scalar_one():
                assert not sweeping.done()
    await sweeping

    assert await folder.has(sha256)
