"""Training and certificates as pages: a provider's way from programme to certificate, a graduate's claim, checking."""

import gzip
import re
from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import select

from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from marketplace.training.models import Certificate, Course, OutsideCertificate, Programme
from tests.cast import Cast
from tests.training.scenes import HEAD, claimed, cohort, line, link, loaded, school, yesterday
from tests.visitors import Browse, Browser


async def test_a_provider_goes_from_nothing_to_certificates(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    at_school = await school(db)
    await db.commit()
    tariq = await browse(at_school.tariq)
    sent = {"name": "Cooking for hotels", "about": "Twelve weeks.", "language": "ur"}
    made = await tariq.submit("/training", sent, shown_on="/training/new")
    address = made.headers["location"]
    visitor = await browse()
    assert (await visitor.get(address)).status_code == 404, "only its provider sees a draft"
    assert "Add a course" in (await tariq.get("/training/mine")).text
    new, empty = f"{address}/courses/new", {"name": "Sauces", "about": "x"}
    refused = await tariq.submit(f"{address}/courses", empty, shown_on=new)
    assert refused.status_code == 422 and "Sauces" in refused.text and "at least one skill" in refused.text
    course = {"name": "Sauces", "about": "Five mothers.", "hours": "40", "working": "html", "basic": "css"}
    assert (await tariq.submit(f"{address}/courses", course, shown_on=new)).status_code == 303
    edit = re.search(r"/training/courses/(\w+)/edit", (await tariq.get(address)).text)
    assert edit and "Five mothers." in (await tariq.get(edit[0])).text
    changed = course | {"about": "Six mothers."}
    assert (await tariq.submit(edit[0].removesuffix("/edit"), changed, shown_on=edit[0])).status_code == 303
    assert (await tariq.submit(f"{address}/publish", shown_on=address)).status_code == 303
    shown = (await visitor.get(address)).text
    assert "Six mothers." in shown and "Skills Academy" in shown
    assert "Cooking for hotels" in (await visitor.get("/training")).text
    await drain(services)
    for query in ("q=suaces", "q=hotels&skill=html&language=ur", "q=cooking&skill=css&within=1"):
        found = (await visitor.get(f"/training?{query}")).text
        assert "Cooking" in found and "1 programme" in found, query
    assert "Cooking for" not in (await visitor.get("/training?q=web&language=en")).text
    day = clock.now().date()
    run = {
        "name": "Spring",
        "starts_on": str(day - timedelta(days=9)),
        "ends_on": str(day),
        "seats": "20",
        "place": "online",
    }
    planned = await tariq.submit(f"{address}/cohorts", run, shown_on=f"{address}/cohorts/new")
    page = planned.headers["location"]
    assert (await tariq.submit(f"{page}/state", {"to": "open"}, shown_on=page)).status_code == 303
    assert (await tariq.submit(f"{page}/state", {"to": "nonsense"}, shown_on=page)).status_code == 422
    sample = await tariq.get(f"{page}/sample")
    assert sample.headers["content-type"].startswith("text/csv") and b"Sauces" in sample.content
    content = (HEAD + line("C-1", course="Sauces") + "\n" + line("C-2", "Hina", "", course="Baking")).encode()
    preview = await _send(tariq, f"{page}/graduates", content)
    told = (await tariq.get(preview)).text
    assert "1 line can be loaded" in told and "This programme has no course “Baking”" in told
    assert (await tariq.submit(f"{preview}/confirm", shown_on=preview)).status_code == 409
    done = await tariq.submit(f"{preview}/confirm", {"skips_bad": "y", "sends_links": "y"}, shown_on=preview)
    assert done.status_code == 303 and "1 new certificates of 1" in (await tariq.get(preview)).text
    listed = (await tariq.get(page)).text
    assert "Ayesha Khan" in listed and "not claimed" in listed
    printed = await tariq.submit(f"{page}/links", shown_on=page)
    assert "/certificates/claim/" in printed.text and printed.headers["cache-control"] == "private, no-store"
    assert (await db.scalar(select(Programme.published_at).where(Programme.name == "Cooking for hotels"))) is not None
    assert (await tariq.submit(f"{address}/hide", shown_on=address)).status_code == 303
    assert (await visitor.get(address)).status_code == 404
    assert (await db.scalar(select(Course.hours).where(Course.name == "Sauces"))) == 40


async def _send(browser: Browser, path: str, content: bytes) -> str:
    hidden = await browser.hidden(path)
    answer = await browser.post(path, data=hidden, files={"file": ("graduates.csv", content, "text/csv")})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_file_that_is_no_table_is_refused_where_it_was_chosen(browse: Browse, db: Session, cast: Cast) -> None:
    at_school = await school(db)
    await db.commit()
    tariq = await browse(at_school.tariq)
    path = f"/training/cohorts/{ids.short(at_school.cohort.id)}/graduates"
    hidden = await tariq.hidden(path)
    for files in ({"file": ("x.csv", b"\xff\xfe", "text/csv")}, {"file": ("", b"")}):
        answer = await tariq.post(path, data=hidden, files=files)
        assert answer.status_code == 422 and "error" in answer.text
    preview = await _send(tariq, path, (HEAD + line()).encode())
    away = await tariq.submit(f"{preview}/discard", shown_on=preview)
    assert away.headers["location"] == path


async def test_a_learner_applies_and_the_provider_answers(browse: Browse, db: Session, cast: Cast) -> None:
    at_school = await school(db)
    run = await cohort(db, at_school.programme, at_school.tariq, at=clock.now(), name="Women", is_women_only=True)
    await db.commit()
    ayesha, tariq = await browse(cast.ayesha), await browse(at_school.tariq)
    base = f"/training/cohorts/{ids.short(run.id)}"
    assert "I am a woman" in (await ayesha.get(f"{base}/apply")).text
    refused = await ayesha.submit(f"{base}/enrolments", {"intent": "job"}, shown_on=f"{base}/apply")
    assert refused.status_code == 422 and "Please confirm" in refused.text
    sent = {"intent": "job", "says_woman": "y"}
    assert (await ayesha.submit(f"{base}/enrolments", sent, shown_on=f"{base}/apply")).status_code == 303
    assert "You have applied" in (await ayesha.get(f"/training/{at_school.programme.slug}")).text
    shown = (await tariq.get(base)).text
    assert "Ayesha Khan" in shown and "woman" not in shown.split("<main")[1].replace("for women", "")
    who = re.search(r'name="enrolment" value="(\w+)"', shown)
    assert who
    given = await tariq.submit(f"{base}/decisions", {"enrolment": who[1], "to": "enrolled"}, shown_on=base)
    assert given.status_code == 303
    assert "You have a seat." in (await ayesha.get(f"/training/{at_school.programme.slug}")).text
    own = f"/training/cohorts/{ids.short(at_school.cohort.id)}"
    foreign = await tariq.submit(f"{own}/decisions", {"enrolment": who[1], "to": "dropped"}, shown_on=base)
    assert foreign.status_code == 404, "a learner of another cohort"


async def test_a_graduate_claims_shows_her_name_and_the_provider_revokes(
    browse: Browse, db: Session, cast: Cast
) -> None:
    at_school = await school(db)
    (issued,) = await loaded(db, at_school, line())
    secret = await link(db, issued, at_school)
    await db.commit()
    address, claim = f"/certificates/{ids.short(issued.id)}", f"/certificates/claim/{secret}"
    visitor, ayesha, hina = await browse(), await browse(cast.ayesha), await browse(cast.hina)
    before = await visitor.get(address)
    assert "Issued, not claimed" in before.text and "Ayesha" not in before.text
    asked = await visitor.get(claim)
    assert f"/sign-in?next={quote(claim)}" in asked.text and asked.headers["referrer-policy"] == "no-referrer"
    refused = await hina.submit(claim, shown_on=claim)
    assert refused.status_code == 403 and "another address" in refused.text
    assert (await ayesha.submit(claim, shown_on=claim)).headers["location"] == "/certificates"
    assert (await ayesha.get(claim)).status_code == 409

    profile = (await visitor.get("/people/ayesha")).text
    assert "certified by Skills Academy" in profile and address in profile
    shown = await visitor.get(address)
    assert "Valid" in shown.text and "Ayesha" not in shown.text
    assert len(gzip.compress(shown.content)) <= 5 * 1024
    assert (await ayesha.submit(f"{address}/name", {"shows": "1"}, shown_on="/certificates")).status_code == 303
    assert "Ayesha Khan" in (await visitor.get(address)).text

    tariq = await browse(at_school.tariq)
    unsaid = await tariq.submit(f"{address}/revoke", {}, shown_on=f"{address}/revoke")
    assert unsaid.status_code == 422
    sent = {"reason": "cheating", "note": "The page was copied."}
    assert (await tariq.submit(f"{address}/revoke", sent, shown_on=f"{address}/revoke")).status_code == 303
    after = (await visitor.get(address)).text
    assert (
        "Revoked" in after and "not the holder&#39;s own" in after and "Ayesha" not in after and "copied" not in after
    )
    assert "Skills Academy" not in (await visitor.get("/people/ayesha")).text
    assert "revoked on" in (await ayesha.get("/certificates")).text
    replaced = await tariq.submit(f"{address}/replace", shown_on=f"/training/cohorts/{ids.short(issued.cohort_id)}")
    assert replaced.status_code == 303
    fresh = await db.scalar(select(Certificate.id).where(Certificate.state == "issued"))
    again = f"/certificates/{ids.short(fresh)}/send"  # type: ignore[arg-type]
    assert (await tariq.submit(again, {"phone": "12"}, shown_on=again)).status_code == 422
    assert (await tariq.submit(again, {"email": "new@test.example"}, shown_on=again)).status_code == 303


async def test_an_outside_certificate_is_named_and_checked(browse: Browse, db: Session, cast: Cast) -> None:
    ayesha, sana, visitor = await browse(cast.ayesha), await browse(cast.sana), await browse()
    new = "/certificates/outside/new"
    sent = {"issuer": "navttc", "title": "Web", "number": "N-5", "issued_on": str(yesterday()), "skills": "css"}
    refused = await ayesha.submit("/certificates/outside", sent, shown_on=new)
    assert refused.status_code == 422 and "give its address" in refused.text
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf00000301010018dd8d"
        "b00000000049454e44ae426082"
    )
    hidden = await ayesha.hidden(new)
    answer = await ayesha.post("/certificates/outside", data=hidden | sent, files={"file": ("c.png", png, "image/png")})
    assert answer.status_code == 303, answer.text
    profile = (await visitor.get("/people/ayesha")).text
    assert "says: certified by NAVTTC (not checked)" in profile
    held = ids.short((await db.scalars(select(OutsideCertificate.id))).one())
    page, file = f"/certificates/unchecked/{held}", f"/certificates/outside/{held}/file"
    assert "N-5" in (await sana.get("/certificates/unchecked")).text and "N-5" in (await sana.get(page)).text
    hina = await browse(cast.hina)
    assert [(await each.get(file)).status_code for each in (ayesha, sana, hina)] == [200, 200, 404]
    assert (await sana.submit(f"{page}/check", shown_on=page)).status_code == 303
    assert "certified by NAVTTC" in (await visitor.get("/people/ayesha")).text
    assert "fewer than 5" in (await visitor.get("/issuers/navttc")).text
    assert (await sana.submit(f"{page}/refuse", {"why": ""}, shown_on=page)).status_code == 422
    assert (await sana.submit(f"{page}/refuse", {"why": "Somebody else's."}, shown_on=page)).status_code == 303
    assert "NAVTTC" not in (await visitor.get("/people/ayesha")).text
    assert "Somebody else" in (await ayesha.get("/certificates")).text


async def test_an_issuers_page_says_how_many_and_hides_small_numbers(browse: Browse, db: Session, cast: Cast) -> None:
    at_school = await school(db)
    await loaded(db, at_school, *(line(f"S-{n}", f"Student {n}", "") for n in range(6)))
    await claimed(db, at_school, cast.ayesha, number="S-9")
    await db.commit()
    visitor = await browse()
    shown = (await visitor.get("/issuers/skills-academy")).text
    assert "<dd>7</dd>" in shown and "<dd>fewer than 5</dd>" in shown and "<dd>0</dd>" in shown
    assert "Web for everybody" in shown and "Ayesha" not in shown
    assert (await visitor.get("/issuers/agritrack")).status_code == 404
    assert (await visitor.get("/issuers/nobody")).status_code == 404


async def test_pages_cost_the_same_however_much_there_is(browse: Browse, db: Session, cast: Cast, statements) -> None:
    at_school = await school(db, seats=100)
    await loaded(db, at_school, line())
    await db.commit()
    tariq = await browse(at_school.tariq)
    page, counts = f"/training/cohorts/{ids.short(at_school.cohort.id)}", []
    for number in range(2):
        if number:
            await loaded(db, at_school, *(line(f"S-{n}", f"Student {n}", "") for n in range(2, 40)))
            await cohort(db, at_school.programme, at_school.tariq, at=clock.now(), name="More")
            await db.commit()
        for path in (page, "/training/mine", "/training", f"/training/{at_school.programme.slug}"):
            statements.clear()
            assert (await tariq.get(path)).status_code == 200
            counts.append(len(statements))
    assert counts[:4] == counts[4:]
    assert max(counts) <= 9, counts
