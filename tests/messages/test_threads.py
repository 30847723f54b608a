"""Writing in threads: order, limits, blindness before the shortlist, blocks, what is told, what may be exported."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.contracts.models import Contract
from marketplace.engines.notify.models import Mail
from marketplace.gigs import actions as gigs
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.messages import thread_queries as queries
from marketplace.messages import thread_rules as rules
from marketplace.messages import threads
from marketplace.messages.models import Notice
from marketplace.messages.thread_models import Thread, ThreadMember
from marketplace.runtime import load_tasks
from marketplace.trust import blocks, decisions, reports
from marketplace.trust.decisions import Verdict
from marketplace.trust.models import Case, Restriction
from marketplace.trust.reports import Complaint
from marketplace.trust.restrictions import Restricted
from tests.cast import Cast
from tests.contracts.scenes import agreed, funded
from tests.messages.scenes import proposal_of, written

load_tasks()


async def member(db: Session, user: User) -> ThreadMember:
    hers = select(ThreadMember).where(ThreadMember.user_id == user.id)
    return (await db.execute(hers.execution_options(populate_existing=True))).scalar_one()


async def read(db: Session, kind: str, subject: Any, reader: User) -> list[queries.MessageView]:
    opened_thread = await queries.about(db, kind, subject.id, reader=reader.id)
    return await queries.messages_of(db, opened_thread, reader=reader.id)


async def test_numbers_unread_and_reading(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    for by, text in ((cast.ayesha, "Salam"), (cast.bilal, "Welcome"), (cast.ayesha, "Which colour?")):
        await written(db, "contract", contract, by, text)
    shown = await read(db, "contract", contract, cast.bilal)
    assert [(each.number, each.text) for each in shown] == [(1, "Salam"), (2, "Welcome"), (3, "Which colour?")]
    assert [each.sender.name for each in shown] == ["Ayesha Khan", "Bilal Ahmed, AgriTrack", "Ayesha Khan"]
    assert (await member(db, cast.bilal)).unread == 2
    thread_id = (await member(db, cast.bilal)).thread_id
    await threads.mark_read(db, thread_id, by=cast.bilal.id, upto=1, at=clock.now())
    assert ((await member(db, cast.bilal)).unread, (await member(db, cast.ayesha)).unread) == (1, 1)
    await threads.mark_read(db, thread_id, by=cast.bilal.id, upto=99, at=clock.now())
    assert (await member(db, cast.bilal)).unread == 0
    await threads.mark_read(db, thread_id, by=cast.bilal.id, upto=1, at=clock.now())  # an old page
    assert (await member(db, cast.bilal)).read_number == 3


async def test_a_stranger_neither_reads_nor_writes(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    message = await written(db, "contract", contract, cast.ayesha, "Salam")
    for person in (cast.hina, cast.omar, cast.sana):
        with pytest.raises(NotFound):
            await written(db, "contract", contract, person, "Let me in")
        with pytest.raises(NotFound):
            await queries.open_thread(db, message.thread_id, reader=person.id)
        with pytest.raises(NotFound):
            await threads.mark_read(db, message.thread_id, by=person.id, upto=1, at=clock.now())
        assert (await queries.inbox(db, person.id, limit=20)).lines == []
        assert await queries.search_own(db, person.id, "salam", limit=5) == []


async def test_whoever_left_the_organisation_reads_no_more(db: Session, cast: Cast) -> None:
    from marketplace.identity.models import Membership

    contract = await agreed(db, cast)
    message = await written(db, "contract", contract, cast.ayesha, "Salam")
    membership = await db.get_one(Membership, (cast.bilal.id, cast.agritrack.id))
    await db.delete(membership)
    await db.flush()
    assert (await queries.inbox(db, cast.bilal.id, limit=20)).lines == []
    assert await queries.search_own(db, cast.bilal.id, "salam", limit=5) == []
    with pytest.raises(NotFound):
        await queries.open_thread(db, message.thread_id, reader=cast.bilal.id)
    await written(db, "contract", contract, cast.ayesha, "Are you there?")
    assert (await member(db, cast.bilal)).left_at is not None


async def test_before_the_shortlist_she_is_a_letter(db: Session, cast: Cast) -> None:
    proposal = await proposal_of(db, cast)
    text = "I am Ayesha Khan, see ayesha at work. Could I ask about the photos?"
    await written(db, "proposal", proposal, cast.ayesha, text)
    shown = (await read(db, "proposal", proposal, cast.bilal))[0]
    line = (await queries.inbox(db, cast.bilal.id, limit=20)).lines[0]
    mail = (await db.scalars(select(Mail).where(Mail.to == cast.bilal.email, Mail.message == "message_received"))).one()
    for seen in (repr(shown), repr(line), repr(mail.values)):
        assert "yesha" not in seen and "Khan" not in seen and "photos" in seen
    assert shown.sender.letter == line.others[0].letter == mail.values["letter"] == proposal.letter
    assert await queries.search_own(db, cast.bilal.id, "ayesha", limit=5) == []
    assert len(await queries.search_own(db, cast.bilal.id, "phot", limit=5)) == 1
    assert (await read(db, "proposal", proposal, cast.ayesha))[0].text == text
    await gigs.shortlist(db, proposal, by=cast.bilal.id, at=clock.now())
    known = (await read(db, "proposal", proposal, cast.bilal))[0]
    assert (known.sender.name, known.sender.letter, known.text) == ("Ayesha Khan", "", text)


async def test_strangers_write_one_short_message(db: Session, cast: Cast) -> None:
    proposal = await proposal_of(db, cast)
    for text in ("a" * 501, "See https://ayesha.example/work", "See ayesha.com/work"):
        with pytest.raises(Invalid):
            await written(db, "proposal", proposal, cast.ayesha, text)
    await written(db, "proposal", proposal, cast.ayesha, "A question about the photos.")
    with pytest.raises(rules.WaitForAnswer):
        await written(db, "proposal", proposal, cast.ayesha, "Hello?")
    await written(db, "proposal", proposal, cast.bilal, "Ask.")
    await written(db, "proposal", proposal, cast.ayesha, "a" * 501)  # answered
    with pytest.raises(Invalid):
        await written(db, "proposal", proposal, cast.ayesha, "See www.ayesha.example")
    await gigs.shortlist(db, proposal, by=cast.bilal.id, at=clock.now())
    await written(db, "proposal", proposal, cast.ayesha, "See https://ayesha.example/work")


async def test_limits_of_a_day(db: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_A_DAY", 2)
    contract = await agreed(db, cast)
    at = clock.now()
    for text in ("one", "two"):
        await written(db, "contract", contract, cast.ayesha, text, at=at)
    with pytest.raises(rules.TooManyToday):
        await written(db, "contract", contract, cast.ayesha, "three", at=at)
    await written(db, "contract", contract, cast.ayesha, "three", at=at + timedelta(hours=25))


async def test_how_many_strangers_a_day(db: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "NEW_A_DAY", 1)
    await written(db, "proposal", await proposal_of(db, cast), cast.ayesha, "one")
    with pytest.raises(rules.TooManyToday):
        await written(db, "proposal", await proposal_of(db, cast), cast.ayesha, "two")


async def test_who_may_not_write(db: Session, cast: Cast) -> None:
    contract, at = await agreed(db, cast), clock.now()
    cast.bilal.email_verified_at = None
    with pytest.raises(rules.NotConfirmed):
        await written(db, "contract", contract, cast.bilal, "Salam")
    limited = {"what": "message", "reason": "harassment", "said": "You insulted people.", "from_at": at}
    db.add(Restriction(user_id=cast.ayesha.id, by_user_id=cast.sana.id, **limited))
    await db.flush()
    with pytest.raises(Restricted):
        await written(db, "contract", contract, cast.ayesha, "Salam")
    with pytest.raises(Invalid):
        rules.check_text("  ", 0)
    with pytest.raises(Invalid):
        rules.check_text("a" * 10_001, 0)
    with pytest.raises(Invalid):
        rules.check_text("", 6)


async def test_a_block_ends_a_proposal_and_mediates_a_contract(db: Session, cast: Cast) -> None:
    proposal, contract = await proposal_of(db, cast), await agreed(db, cast)
    await gigs.shortlist(db, proposal, by=cast.bilal.id, at=clock.now())
    await written(db, "proposal", proposal, cast.bilal, "Salam")
    await written(db, "contract", contract, cast.bilal, "Salam https://agritrack.example")
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=clock.now())
    for person in (cast.ayesha, cast.bilal):
        with pytest.raises(NotFound):
            await written(db, "proposal", proposal, person, "Hello?")
        assert (await read(db, "proposal", proposal, person))[0].text == "Salam"
        assert (await queries.about(db, "contract", contract.id, reader=person.id)).subject.is_mediated
        with pytest.raises(Invalid):
            await written(db, "contract", contract, person, "See https://agritrack.example")
        await written(db, "contract", contract, person, "The plan stands.")
    await _end(db, contract)
    with pytest.raises(NotFound):
        await written(db, "contract", contract, cast.bilal, "Hello?")


async def _end(db: Session, contract: Contract) -> None:
    contract.state = "completed"
    await db.flush()


async def test_nobody_writes_about_what_is_over(db: Session, cast: Cast) -> None:
    proposal = await proposal_of(db, cast)
    await written(db, "proposal", proposal, cast.ayesha, "Salam")
    await gigs.decline(db, proposal, reason="other", note="No.", by=cast.bilal.id, at=clock.now())
    for person in (cast.ayesha, cast.bilal):
        with pytest.raises(rules.ThreadClosed):
            await written(db, "proposal", proposal, person, "But")
    assert (await read(db, "proposal", proposal, cast.ayesha))[0].text == "Salam"


async def test_one_mail_until_she_has_read(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)

    async def mails() -> int:
        hers = Mail.to == cast.bilal.email, Mail.message == "message_received"
        return await db.scalar(select(func.count()).select_from(Mail).where(*hers)) or 0

    first = await written(db, "contract", contract, cast.ayesha, "one")
    await written(db, "contract", contract, cast.ayesha, "two")
    assert await mails() == 1
    await threads.mark_read(db, first.thread_id, by=cast.bilal.id, upto=2, at=clock.now())
    notice = (await db.scalars(select(Notice).where(Notice.message == "message_received"))).one()
    await db.refresh(notice)
    assert notice.read_at is not None
    await written(db, "contract", contract, cast.ayesha, "three")
    assert await mails() == 2


async def test_phone_numbers_are_a_warning_until_money_was_held(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    text = "Call me on 0300 1234567. And please pay the registration fee of Rs 500 first."
    before = await written(db, "contract", contract, cast.ayesha, text)
    await funded(db, cast, contract)
    after = await written(db, "contract", contract, cast.ayesha, text)
    assert {"phone", "fee"} <= {each["rule"] for each in before.signals}
    rest = {each["rule"] for each in after.signals}
    assert "fee" in rest and "phone" not in rest
    assert {each["rule"] for each in (await read(db, "contract", contract, cast.bilal))[1].warnings} == rest


async def test_search_finds_urdu_and_names_with_signs(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    for text in ("کیا آپ كل آ سکتے ہیں؟", "I know C++ and Node.js.", "Invoice 42 'quoted' & more"):
        await written(db, "contract", contract, cast.ayesha, text)

    async def hits(q: str) -> list[int]:
        return [each.number for each in await queries.search_own(db, cast.bilal.id, q, limit=5)]

    assert await hits("کل") == [1]
    assert await hits("c++") == await hits("nodejs") == await hits("NODE.JS know") == [2]
    assert await hits("inv") == await hits("'quoted' &") == await hits("invoice 42") == [3]
    assert await hits("invoice absent") == await hits("!!!") == await hits("") == []


async def test_export_has_who_when_what(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    message = await written(db, "contract", contract, cast.ayesha, "one")
    await written(db, "contract", contract, cast.bilal, "two")
    exported = await threads.export(db, message.thread_id)
    assert [(each["number"], each["name"], each["text"]) for each in exported["messages"]] == [
        (1, "Ayesha Khan", "one"),
        (2, "Bilal Ahmed", "two"),
    ]
    assert (await threads.export(db, message.thread_id, most=1))["messages"][0]["number"] == 2


async def test_the_inbox_asks_a_constant_number_of_questions(db: Session, cast: Cast, statements: list[str]) -> None:
    async def asked() -> int:
        statements.clear()
        await queries.inbox(db, cast.ayesha.id, limit=20)
        return len(statements)

    await written(db, "contract", await agreed(db, cast), cast.ayesha, "one")
    few = await asked()
    for _ in range(3):
        await written(db, "contract", await agreed(db, cast), cast.ayesha, "one")
    assert await asked() == few <= 4


def test_saved_replies_are_filled_in() -> None:
    said: Callable[[str], str] = lambda text: rules.filled(text, {"name": "Ayesha", "posting": "A shop"})  # noqa: E731
    assert said("Salam {name}, thanks for {posting}. {other} {") == "Salam Ayesha, thanks for A shop. {other} {"
    rules.check_template("Thanks", "Salam {name}")
    for title, text in (("", "x"), ("x", " "), ("x", "{nam}")):
        with pytest.raises(Invalid):
            rules.check_template(title, text)


async def test_one_thread_about_one_thing(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    await written(db, "contract", contract, cast.ayesha, "one")
    await written(db, "contract", contract, cast.bilal, "two")
    assert await db.scalar(select(func.count()).select_from(Thread)) == 1


async def test_a_case_is_asked_about_without_names(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    insult = await written(db, "contract", contract, cast.ayesha, "An insult")
    report = await reports.report(db, ("message", insult.id), Complaint("harassment"), by=cast.bilal.id, at=clock.now())
    case = await db.get_one(Case, report.case_id)
    await written(db, "case", case, cast.sana, "Did she write so before?")
    shown = (await read(db, "case", case, cast.bilal))[0]
    mail = (await db.scalars(select(Mail).where(Mail.to == cast.bilal.email).order_by(Mail.id.desc()).limit(1))).one()
    for seen in (repr(shown.sender), repr(mail.values)):
        assert "Sana" not in seen
    assert shown.sender.is_staff and mail.values["who"] == ""
    await written(db, "case", case, cast.bilal, "Twice.")
    assert (await read(db, "case", case, cast.sana))[1].sender.name == "Bilal Ahmed"
    for person in (cast.ayesha, cast.hina):
        with pytest.raises(NotFound):
            await read(db, "case", case, person)
    await decisions.decide(
        db, case.id, Verdict("none", "We saw nothing that breaks our rules."), by=cast.sana.id, at=clock.now()
    )
    with pytest.raises(rules.ThreadClosed):
        await written(db, "case", case, cast.bilal, "But")
