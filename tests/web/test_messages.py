"""Messages as pages, without JavaScript and with htmx."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.contracts.models import Contract
from marketplace.gigs import actions as gigs
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.messages import saved_replies, thread_cases, threads
from marketplace.messages import thread_queries as queries
from marketplace.messages.thread_models import ThreadMember, ThreadMessage
from marketplace.trust import blocks, decisions, reports
from marketplace.trust.decisions import Verdict
from marketplace.trust.models import Case
from marketplace.trust.reports import Complaint
from tests.cast import Cast
from tests.contracts.scenes import agreed
from tests.messages.scenes import proposal_of, written
from tests.visitors import Browse

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


async def thread_path(db: Session, cast: Cast, text: str = "Which colour?") -> tuple[Contract, str]:
    contract = await agreed(db, cast)
    message = await written(db, "contract", contract, cast.ayesha, text)
    return contract, threads.path_of(message.thread_id)


async def test_the_first_message_and_the_answer(db: Session, cast: Cast, browse: Browse) -> None:
    contract = await agreed(db, cast)
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    about = f"/messages/about/contract/{ids.short(contract.id)}"
    assert (await his.get("/messages")).text.count("No messages yet") == 1
    sent = await hers.submit(about, {"text": "Salam\nWhich colour?"}, shown_on=about)
    assert sent.status_code == 303, sent.text
    here = sent.headers["location"].partition("#")[0]
    assert (await hers.get(about)).headers["location"] == here
    inbox = (await his.get("/messages")).text
    assert "Which colour?" in inbox and "is-unread" in inbox and "Ayesha Khan" in inbox
    page = (await his.get(here)).text
    assert "Mark as read" in page and 'id="new"' in page
    answered = await his.submit(here, {"text": "Blue."}, shown_on=here)
    assert answered.headers["location"] == f"{here}#m-2"
    assert "Bilal Ahmed, AgriTrack" in (await hers.get(here)).text
    assert "Nothing unread" not in (await hers.get("/messages?show=unread")).text


async def test_a_double_click_sends_once(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast)
    his = await browse(cast.bilal)
    hidden = await his.hidden(here)
    first = await his.post(here, data={**hidden, "text": "Blue."})
    second = await his.post(here, data={**hidden, "text": "Blue."})
    assert first.headers["location"] == second.headers["location"]
    assert await db.scalar(select(func.count()).select_from(ThreadMessage)) == 2


async def test_reading_is_marked_by_a_button_or_by_htmx(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast)
    his = await browse(cast.bilal)
    await his.get(here)
    unread = select(ThreadMember.unread).where(ThreadMember.user_id == cast.bilal.id)
    assert await db.scalar(unread) == 1  # a GET changes nothing
    await his.submit(f"{here}/read", {"upto": "x"}, shown_on=here)
    assert await db.scalar(unread) == 1
    quietly = await his.post(f"{here}/read", data={"upto": "1", "_csrf_token": his.own_token()}, headers=HTMX)
    assert (quietly.status_code, quietly.text) == (200, "") and await db.scalar(unread) == 0
    pressed = await his.submit(f"{here}/read", {"upto": "1"}, shown_on=here)
    assert pressed.headers["location"] == here


async def test_htmx_gets_only_what_is_new(db: Session, cast: Cast, browse: Browse) -> None:
    contract, here = await thread_path(db, cast, "An old question")
    his = await browse(cast.bilal)
    shown = (await his.get(here)).text
    assert f'hx-get="{here}?since=1" hx-trigger="every 15s"' in shown
    await written(db, "contract", contract, cast.ayesha, "A new question")
    part = (await his.get(f"{here}?since=1", headers=HTMX)).text
    assert "A new question" in part and "An old question" not in part and "<html" not in part
    assert f'hx-get="{here}?since=2"' in part
    none = (await his.get(f"{here}?since=2", headers=HTMX)).text
    assert "question" not in none and f'hx-get="{here}?since=2"' in none


async def test_pages_of_a_long_conversation(
    db: Session, cast: Cast, browse: Browse, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 4)
    contract, here = await thread_path(db, cast, "message 1.")
    his = await browse(cast.bilal)
    statements.clear()
    await his.get(here)
    few = len(statements)
    for number in range(2, 11):
        await written(db, "contract", contract, cast.ayesha, f"message {number}.")
    statements.clear()
    newest = (await his.get(here)).text
    assert len(statements) == few <= 9
    assert "message 10." in newest and "message 7." in newest and "message 6." not in newest
    earlier = (await his.get(f"{here}?before=7")).text
    assert "message 6." in earlier and "message 7." not in earlier and f"{here}?before=11" in earlier
    assert "every 15s" not in earlier and "Newest messages" in earlier
    assert "Earlier messages" not in (await his.get(f"{here}?before=5")).text


async def test_she_is_warned_before_sending_and_he_beneath_it(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast)
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    text = "Call me on 0300 1234567"
    warned = await hers.submit(here, {"text": text}, shown_on=here)
    assert warned.status_code == 422 and "Send anyway" in warned.text and text in warned.text
    found = re.search(r'name="warned"[^>]*value="(\w+)"', warned.text)
    assert found
    hidden = await hers.hidden(here)
    changed = await hers.post(here, data={**hidden, "warned": found[1], "text": "Or on 0301 7654321"})
    assert changed.status_code == 422  # another text, another warning
    sent = await hers.post(here, data={**hidden, "warned": found[1], "text": text})
    assert sent.status_code == 303
    assert "There is a phone number in this" in (await his.get(here)).text


async def test_a_saved_reply_is_inserted(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast)
    his, hers = await browse(cast.bilal), await browse(cast.ayesha)
    words = {"title": "Thanks", "text": "Salam {name}, thanks for your interest in {posting}."}
    made = await his.submit("/messages/replies", words, shown_on="/messages/replies")
    assert made.status_code == 303
    reply = (await saved_replies.replies_of(db, cast.bilal.id))[0]
    chosen = {"text": "First this.", "step": "insert", "reply": ids.short(reply.id)}
    filled = await his.submit(here, chosen, shown_on=here)
    assert filled.status_code == 200
    assert "First this.\r\n\r\nSalam Ayesha, thanks" in filled.text.replace("\n", "\r\n").replace("\r\r", "\r")
    assert (await hers.submit(here, chosen, shown_on=here)).status_code == 404  # not hers
    for path in ("", "/remove"):
        somebody = await hers.submit(f"/messages/replies/{ids.short(reply.id)}{path}", words, shown_on=here)
        assert somebody.status_code == 404
    own = f"/messages/replies/{ids.short(reply.id)}"
    wrong = await his.submit(own, {"title": "x", "text": "Hi {nam}"}, shown_on=own)
    assert wrong.status_code == 422 and "There is no {nam}" in wrong.text
    await his.submit(own, {"title": "Thank you", "text": "Salam"}, shown_on=own)
    assert "Thank you" in (await his.get("/messages/replies")).text
    await his.submit(f"{own}/remove", shown_on=own)
    assert await saved_replies.replies_of(db, cast.bilal.id) == []


async def test_files_reach_the_other_side_only(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast)
    hers, his, strange = await browse(cast.ayesha), await browse(cast.bilal), await browse(cast.hina)
    hidden = await hers.hidden(here)
    sent = await hers.post(here, data={**hidden, "text": ""}, files={"files": ("plan.txt", b"the plan", "text/plain")})
    assert sent.status_code == 303
    found = re.search(rf'href="({here}/files/[^"]+)"', (await his.get(here)).text)
    assert found
    got = await his.get(found[1])
    assert got.text == "the plan" and "attachment" in got.headers["content-disposition"]
    assert (await strange.get(found[1])).status_code == 404
    exe = {"files": ("plan.exe", b"MZ\x00\x01", "text/plain")}
    refused = await hers.post(here, data={**await hers.hidden(here), "text": "see"}, files=exe)
    assert refused.status_code == 422 and "This kind of file is not taken" in refused.text


async def test_a_letter_stays_a_letter_on_the_pages(db: Session, cast: Cast, browse: Browse) -> None:
    proposal = await proposal_of(db, cast)
    his = await browse(cast.bilal)
    await written(db, "proposal", proposal, cast.ayesha, "Ayesha here. Which photos?")
    inbox = (await his.get("/messages")).text
    here = re.search(r'href="(/messages/\w{26})', inbox)
    assert here
    for text in (inbox, (await his.get(here[1])).text, (await his.get("/messages?q=photos")).text):
        assert "Applicant A" in text and "Ayesha" not in text and ids.short(cast.ayesha.id) not in text
    assert 'type="file"' not in (await his.get(here[1])).text
    long = await his.submit(here[1], {"text": "a" * 501}, shown_on=here[1])
    assert long.status_code == 303  # she has written, so he answers


async def test_a_mediated_conversation_calls_a_moderator(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast)
    his = await browse(cast.bilal)
    assert (await his.submit(f"{here}/moderator", shown_on=here)).status_code == 409
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=clock.now())
    page = (await his.get(here)).text
    assert "This conversation is mediated" in page and 'type="file"' not in page
    for _ in range(2):
        assert (await his.submit(f"{here}/moderator", shown_on=here)).status_code == 303
    case = (await db.scalars(select(Case).where(Case.kind == "mediation"))).one()
    assert case.evidence["conversation"]["messages"][0]["text"] == "Which colour?"
    assert case.due_at - case.opened_at == timedelta(hours=24)


async def test_what_a_moderator_removed_is_gone_with_its_reason(db: Session, cast: Cast, browse: Browse) -> None:
    _, here = await thread_path(db, cast, "An insult")
    message = (await db.scalars(select(ThreadMessage))).one()
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    case = {"case_id": ids.parse(ids.short(message.id)), "by": cast.sana.id, "at": clock.now()}
    await thread_cases.hide(db, message.id, reason="An insult is no work.", **case)
    for browser in (hers, his):
        page = (await browser.get(here)).text
        assert "Removed by a moderator: An insult is no work." in page
        assert "An insult</p>" not in page and "insult" not in (await browser.get("/messages")).text
        assert "No message has these words" in (await browser.get("/messages?q=insult")).text
    assert message.text == "An insult"


async def test_nothing_to_write_where_all_is_over(db: Session, cast: Cast, browse: Browse) -> None:
    proposal = await proposal_of(db, cast)
    message = await written(db, "proposal", proposal, cast.ayesha, "Salam")
    await gigs.decline(db, proposal, reason="other", note="No.", by=cast.bilal.id, at=clock.now())
    hers = await browse(cast.ayesha)
    here = threads.path_of(message.thread_id)
    assert "Nobody can write here any more" in (await hers.get(here)).text
    refused = await hers.submit(here, {"text": "But"}, shown_on="/messages/replies")
    assert refused.status_code == 422 and "Nobody can write here any more" in refused.text


async def test_a_reported_message_takes_the_conversation_along_only_when_asked(
    db: Session, cast: Cast, browse: Browse
) -> None:
    contract, here = await thread_path(db, cast, "First a kind word")
    insult = await written(db, "contract", contract, cast.ayesha, "An insult")
    his, hers, hina = await browse(cast.bilal), await browse(cast.ayesha), await browse(cast.hina)
    report = f"/report/message/{ids.short(insult.id)}"
    assert report in (await his.get(here)).text and report not in (await hers.get(here)).text
    assert (await hina.get(report)).status_code == 404
    said = {"reason": "harassment", "text": ""}
    assert (await his.submit(report, said, shown_on=report)).is_redirect
    case = (await db.scalars(select(Case))).one()
    assert (case.evidence["text"], case.evidence["is_private"]) == ("An insult", True)
    assert "conversation" not in case.evidence
    assert (await his.submit(report, {**said, "text": "Look", "conversation": "y"}, shown_on=report)).is_redirect
    await db.refresh(case)
    assert "First a kind word" in case.evidence["text"] and case.evidence["owners"] == [str(cast.ayesha.id)]
    assert [each["number"] for each in case.evidence["conversation"]["messages"]] == [1, 2]


async def test_staff_read_only_by_an_open_case_and_a_decision_hides(db: Session, cast: Cast, browse: Browse) -> None:
    contract, here = await thread_path(db, cast, "An insult")
    message = (await db.scalars(select(ThreadMessage))).one()
    at = clock.now()
    case = await reports.report(db, ("message", message.id), Complaint("harassment"), by=cast.bilal.id, at=at)
    read = await thread_cases.read_by_staff(db, message.thread_id, case_id=case.case_id)
    assert read["messages"][0]["text"] == "An insult"
    other = await agreed(db, cast)
    elsewhere = await written(db, "contract", other, cast.ayesha, "Nobody's business")
    with pytest.raises(NotFound):
        await thread_cases.read_by_staff(db, elsewhere.thread_id, case_id=case.case_id)
    verdict = Verdict("remove", "An insult is no work.")
    await decisions.decide(db, case.case_id, verdict, by=cast.sana.id, at=at)
    assert "Removed by a moderator: An insult is no work." in (await (await browse(cast.bilal)).get(here)).text
    with pytest.raises(NotFound):
        await thread_cases.read_by_staff(db, message.thread_id, case_id=case.case_id)
    assert contract.id != other.id
