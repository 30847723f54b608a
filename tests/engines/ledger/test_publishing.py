"""The published journal: sound as it is, and every way to falsify it is named by the verifier that anybody can run."""

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from marketplace.engines.ledger import published, publishing
from marketplace.engines.ledger.commitments import commit
from marketplace.engines.ledger.journal import Line, post
from marketplace.engines.ledger.publishing import RootKey, canonical
from marketplace.engines.ledger.sealing import JournalKey, seal
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.money import Money

VERIFIER = Path(__file__).parents[3] / "deploy/verify_journal.py"
_SPEC = importlib.util.spec_from_file_location("verify_journal", VERIFIER)
assert _SPEC and _SPEC.loader
verifier = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(verifier)
KEY = RootKey(b"a key of the tests")


async def _move(database: Database, source: str, target: str, minor: int) -> None:
    async with database.write.begin() as db:
        lines = [Line(source, Money(-minor, "USD")), Line(target, Money(minor, "USD"))]
        await post(db, key=str(uuid4()), kind="test", lines=lines, at=clock.now(), subject=("test", uuid4()))


async def _publish(database: Database) -> None:
    for _ in range(2):  # what was still open at the first look
        async with database.write.begin() as db:
            await seal(db, JournalKey())
    async with database.write.begin() as db:
        await publishing.publish_records(db, KEY)
        await publishing.sign_root(db, KEY, at=clock.now(), at_stripe={"USD": 123_45})


async def _lines(database: Database) -> list[str]:
    """As /books/journal.jsonl gives them."""
    async with database.read() as db:
        roots = await published.root_lines(db)
        records = await published.record_lines(db, after=0, limit=10_000)
    found: list[str] = []
    for number, line in records:
        found.append(line)
        found += [root for through, root in roots if through == number]
    return found


async def _journal(cloned_database: Database) -> list[str]:
    """Two days: 12 movements under the first root, 3 under the second."""
    for number in range(12):
        await _move(cloned_database, "world:stripe:USD", f"hold:{number}", 10_00 + number)
    await _publish(cloned_database)
    clock.advance(timedelta(days=1))
    for number in range(3):
        await _move(cloned_database, f"hold:{number}", f"owed:{number}:USD", 5_00)
    await _publish(cloned_database)
    return await _lines(cloned_database)


def _verify(folder: Path, lines: list[str], *words: str, key: str = KEY.public) -> tuple[int, str]:
    path = folder / "journal.jsonl"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-I", str(VERIFIER), str(path), "--key", key, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_the_verifier_has_nothing_of_ours() -> None:
    assert "marketplace." not in VERIFIER.read_text().replace("marketplace journal", "")
    assert len(VERIFIER.read_text().splitlines()) < 200


def _changed(line: str, **values: object) -> str:
    return canonical({**json.loads(line), **values})


def _flip(lines: list[str]) -> None:
    lines[4] = lines[4].replace('"kind":"test"', '"kind":"tesu"')


def _space(lines: list[str]) -> None:
    lines[4] = lines[4].replace('"n":5', '"n": 5')


def _remove(lines: list[str]) -> None:
    del lines[4]


def _swap(lines: list[str]) -> None:
    lines[4], lines[5] = lines[5], lines[4]


def _double(lines: list[str]) -> None:
    lines.insert(5, lines[4])


def _cut(lines: list[str]) -> None:
    del lines[-1]


def _back_date(lines: list[str]) -> None:
    """With the signing key in the wrong hands."""
    root = json.loads(lines[-1])
    del root["signature"]
    root["day"] = (date.fromisoformat(root["day"]) - timedelta(days=9)).isoformat()
    root["signature"] = KEY.signing.sign(canonical(root).encode()).hex()
    lines[-1] = canonical(root)


def _slip_in(lines: list[str]) -> None:
    """A record of today under the root of yesterday."""
    lines[12], lines[13] = lines[13], lines[12]


def _forge_root(lines: list[str]) -> None:
    lines[12] = _changed(lines[12], day="2020-01-01")


def _forge_total(lines: list[str]) -> None:
    root = json.loads(lines[12])
    del root["signature"]
    root["totals"]["USD"]["held"] -= 1
    root["signature"] = KEY.signing.sign(canonical(root).encode()).hex()
    lines[12] = canonical(root)


def _more_than_zero(lines: list[str]) -> None:
    record = json.loads(lines[0])
    record["lines"][0][2] = f"{commit(1, 1):x}"
    del record["hash"]
    record["hash"] = hashlib.sha256(bytes(32) + canonical(record).encode()).hexdigest()
    lines[0] = canonical(record)


FALSIFIED: list[tuple[Callable[[list[str]], None], str]] = [
    (_flip, "line 5: record 5 was changed"),
    (_space, "line 5: record 5 is not written in the one way"),
    (_remove, "line 5: record 5 was removed or moved: found record 6"),
    (_swap, "line 5: record 5 was removed or moved: found record 6"),
    (_double, "line 6: record 5 stands here a second time"),
    (_cut, "records 13 to 15 stand under no root"),
    (_back_date, "root 2 is dated back"),
    (_slip_in, "root 1 closes other records than these: it says 12, here are 13"),
    (_forge_root, "root 1 was changed: its signature is wrong"),
    (_forge_total, "root 1 tells a held total in USD that its records do not hold"),
    (_more_than_zero, "record 1 does not add up to zero in USD"),
]


async def test_what_was_falsified_is_named(cloned_database: Database) -> None:
    honest = await _journal(cloned_database)
    for falsify, named in FALSIFIED:
        lines = list(honest)
        falsify(lines)
        with pytest.raises(verifier.Broken) as error:
            verifier.Journal(KEY.public).read(lines)
        assert named in str(error.value), (falsify.__name__, str(error.value))


async def test_every_way_of_asking(cloned_database: Database, tmp_path: Path) -> None:
    """As a program of its own: sound, with flipped bits, with a kept root, with a root that was rewritten."""
    journal = await _journal(cloned_database)
    code, said = _verify(tmp_path, journal)
    assert (code, said) == (0, f"SOUND: 15 records under 2 roots, the last of {clock.now().date().isoformat()}\n")
    kept = tmp_path / "kept.json"
    kept.write_text(journal[12])
    assert _verify(tmp_path, journal, "--root", str(kept))[0] == 0
    kept.write_text(_changed(journal[12], through=11))
    code, said = _verify(tmp_path, journal, "--root", str(kept))
    assert code == 1 and "was rewritten" in said
    code, said = _verify(tmp_path, journal, key="00" * 32)
    assert code == 1 and "another key" in said
    code, said = _verify(tmp_path, [])
    assert code == 1 and "nothing in this file" in said, "a download that failed is not sound"


async def test_any_flipped_bit_is_found(cloned_database: Database) -> None:
    whole = "".join(line + "\n" for line in await _journal(cloned_database)).encode()
    for place in range(3, len(whole), 997):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        with pytest.raises((verifier.Broken, UnicodeDecodeError)):
            verifier.Journal(KEY.public).read(changed.decode("ascii").split("\n")[:-1])


async def test_your_own_entries_open(cloned_database: Database, tmp_path: Path) -> None:
    await _move(cloned_database, "world:stripe:USD", "hold:mine", 77_00)
    await _publish(cloned_database)
    async with cloned_database.read() as db:
        since, until = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
        [opening] = await publishing.openings(db, KEY, {"hold:mine"}, since=since, until=until)
    mine = {"n": opening.number, "kind": opening.kind, "currency": "USD", "amount": 77_00, "blind": str(opening.blind)}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([mine]))
    assert _verify(tmp_path, await _lines(cloned_database), "--mine", str(path))[0] == 0
    path.write_text(json.dumps([{**mine, "amount": 77_01}]))
    code, said = _verify(tmp_path, await _lines(cloned_database), "--mine", str(path))
    assert code == 1 and "does not hold your hold entry" in said
    path.write_text(json.dumps([mine, {**mine, "n": mine["n"] + 1}]))
    code, said = _verify(tmp_path, await _lines(cloned_database), "--mine", str(path))
    assert code == 0 and said.startswith("NOT YET"), "published tonight, not missing"


async def test_nothing_published_names_an_account_a_person_an_amount_or_a_time(cloned_database: Database) -> None:
    journal = await _journal(cloned_database)
    for line in journal:
        record = json.loads(line)
        assert set(record) in (
            {"n", "kind", "lines", "seal", "hash"},
            {"root", "day", "through", "head", "previous", "totals", "key", "signature"},
        )
        for kind, currency, commitment in record.get("lines", []):
            assert kind in ("hold", "owed", "world:stripe") and currency == "USD" and len(commitment) > 500


async def test_equal_amounts_do_not_look_equal(cloned_database: Database) -> None:
    for name in ("one", "two"):
        await _move(cloned_database, "world:stripe:USD", f"hold:{name}", 10_00)
    await _publish(cloned_database)
    shown = [line[2] for each in await _lines(cloned_database) for line in json.loads(each).get("lines", [])]
    assert len(set(shown)) == 4


async def test_a_total_is_told_only_when_enough_has_moved(cloned_database: Database) -> None:
    journal = await _journal(cloned_database)
    first, second = (json.loads(line)["totals"] for line in journal if '"root"' in line)
    assert first["USD"]["held"] == sum(10_00 + number for number in range(12))
    assert first["USD"]["at_stripe"] == 123_45
    assert second == {}, "three movements would be read from the difference"


async def test_the_journal_behind_must_carry_the_published_seals(cloned_database: Database) -> None:
    await _move(cloned_database, "world:stripe:USD", "hold:1", 1_00)
    await _publish(cloned_database)
    async with cloned_database.write.begin() as db:
        assert await publishing.contradictions(db) == []
        await db.execute(text("ALTER TABLE ledger_transactions DISABLE TRIGGER ALL"))
        await db.execute(text("UPDATE ledger_transactions SET seal_hash = '\\x00'"))
        assert await publishing.contradictions(db) == ["record 1 was published with another seal"]
        await db.rollback()
