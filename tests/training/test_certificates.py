"""Files loaded, certificates claimed and revoked, and what that means for evidence, profile, search and matches."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.discovery import matches
from marketplace.engines.notify.models import Mail
from marketplace.engines.search.models import SearchChange
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.queue import drain
from marketplace.messages.models import Notice
from marketplace.skills.actions import claim_skills, count_earned
from marketplace.skills.models import Evidence
from marketplace.talent import documents
from marketplace.talent.queries import profile_view, shown_skills
from marketplace.training import certificates, claims, digest, imports, programmes
from marketplace.training.models import Certificate, CertificateClaim, Enrolment
from tests.cast import Cast
from tests.postings.writing import opened
from tests.training.scenes import certificate, claimed, cohort, line, link, loaded, person, previewed, school, yesterday


async def _count(db: Session, table: type, *where: object) -> int:
    return (await db.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def test_loading_the_same_file_again_changes_nothing(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    first = await loaded(db, at_school, line("S-1"), line("S-2", "Hina Malik", ""))
    assert [(each.student_number, each.state) for each in first] == [("S-1", "issued"), ("S-2", "issued")]
    assert first[0].learned["skills"] == [{"slug": "css", "level": "basic"}, {"slug": "html", "level": "working"}]
    assert first[0].learned["issuer"] == "Skills Academy" and first[0].completed_on == yesterday()
    again = await loaded(db, at_school, line("S-2", "hina  malik", ""), line("S-1"))
    assert [each.id for each in again] == [each.id for each in first]
    assert await _count(db, Enrolment) == 2
    assert await _count(db, Evidence) == 0, "an issued certificate is no evidence: nobody has claimed it"


async def test_a_bad_line_keeps_everything_out_until_she_says_otherwise(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    shown = await previewed(db, at_school, line("S-1"), line("S-2", "Hina", "", course="Cooking"))
    by, at = at_school.tariq.id, clock.now()
    with pytest.raises(imports.BadRows):
        await imports.confirm(db, shown.id, skips_bad=False, sends_links=False, by=by, at=at)
    assert await _count(db, Certificate) == 0
    await imports.confirm(db, shown.id, skips_bad=True, sends_links=False, by=by, at=at)
    assert await _count(db, Certificate) == 1
    with pytest.raises(imports.LoadedAlready):
        await imports.confirm(db, shown.id, skips_bad=True, sends_links=False, by=by, at=at)
    with pytest.raises(imports.LoadedAlready):
        await imports.discard(db, shown.id, by=by, at=at)


async def test_forged_rows_are_refused(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    foreign = await school(db, name="Other School", owner="Waseem Akram")
    await programmes.save_course(
        db,
        foreign.programme,
        programmes.CourseText(name="Cooking", about="", skills={"html": "basic"}),
        by=foreign.tariq.id,
        at=clock.now(),
    )
    mine = await claimed(db, at_school, cast.ayesha)
    second = await cohort(db, at_school.programme, at_school.tariq, at=clock.now(), name="Second")
    there = at_school.__class__(at_school.tariq, at_school.academy, at_school.programme, at_school.course, second)
    for what, run, row, column in (
        ("another provider's course", at_school, line("S-9", "Zara", "", course="Cooking"), "course"),
        ("a skill it does not teach", at_school, line("S-9", "Zara", "", skills="welding"), "skills"),
        ("a day to come", at_school, line("S-9", "Zara", "", completed_on="2099-01-01"), "completed_on"),
        ("before the cohort", at_school, line("S-9", "Zara", "", completed_on="2020-01-01"), "completed_on"),
        ("another cohort", at_school, line("S-9", "Zara", "", cohort="Second"), "cohort"),
        ("somebody's number", at_school, line("S-1", "Zara Bibi", ""), "student_number"),
        ("an address that claimed for another", at_school, line("S-9", "Zara", "ayesha@test.example"), "email"),
        ("certified in another cohort", there, line("S-1"), "student_number"),
    ):
        shown = await previewed(db, run, row)
        assert [fault["column"] for fault in shown.faults] == [column], what
        assert shown.rows == [], what
    assert (await certificate(db, mine.id)).state == "claimed"


async def test_a_file_never_brings_more_than_there_are_seats(db: Session, cast: Cast) -> None:
    at_school = await school(db, seats=2)
    shown = await previewed(db, at_school, line("S-1"), line("S-2", "B", ""), line("S-3", "C", ""))
    assert [(fault["line"], fault["values"]) for fault in shown.faults] == [(4, {"seats": 2})]
    await loaded(db, at_school, line("S-1"), line("S-2", "Bano", ""))
    assert (await previewed(db, at_school, line("S-1"))).faults == [], "who has a seat keeps it"


async def test_a_long_file_is_loaded_in_steps(db: Session, cast: Cast, database, services) -> None:
    at_school = await school(db, seats=300)
    rows = [line(f"S-{number}", f"Student {number}", "") for number in range(imports.STEP + 20)]
    shown = await previewed(db, at_school, *rows)
    await imports.confirm(db, shown.id, skips_bad=False, sends_links=False, by=at_school.tariq.id, at=clock.now())
    assert (shown.state, shown.loaded) == ("loading", imports.STEP)
    await db.commit()
    await drain(services)
    await db.refresh(shown)
    assert (shown.state, shown.loaded, shown.made) == ("loaded", imports.STEP + 20, imports.STEP + 20)
    await imports.load_step(db, shown.id, at=clock.now())
    assert await _count(db, Certificate) == imports.STEP + 20


async def test_a_claimed_certificate_speaks_for_her_and_a_revoked_one_does_not(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    await claim_skills(db, cast.ayesha.id, ["html"], at=clock.now())
    await count_earned(db, cast.ayesha.id, ["html"], at=clock.now())
    await db.execute(SearchChange.__table__.delete())
    mine = await claimed(db, at_school, cast.ayesha)
    assert await _count(db, SearchChange, SearchChange.document_id == cast.ayesha_profile.id) >= 1
    skills = {each.slug: each for each in (await shown_skills(db, [cast.ayesha.id]))[cast.ayesha.id]}
    assert [proof.kind for proof in skills["html"].proofs] == ["earned", "certified", "claimed"]
    proof = skills["css"].proofs[0]
    assert (skills["css"].kind, skills["css"].issuer, proof.level) == ("certified", "Skills Academy", "basic")
    assert proof.at.date() == yesterday() and proof.href and proof.href.startswith("/certificates/")
    (document,) = await documents.load(db, [cast.ayesha_profile.id])
    assert document["certified_by"] == ["skills-academy"]
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), skills=("css", "html"))
    match = await matches.explain(db, gig.id, cast.ayesha.id, at=clock.now())
    assert match and "Certified by Skills Academy: CSS, HTML" in [reason.said("en") for reason in match.reasons]

    await db.execute(SearchChange.__table__.delete())
    await certificates.revoke(db, mine, "cheating", "The work was a copy.", by=at_school.tariq.id, at=clock.now())
    assert await _count(db, SearchChange, SearchChange.document_id == cast.ayesha_profile.id) == 1
    assert {each.slug: each.kind for each in (await profile_view(db, "ayesha", reader=None)).skills} == {
        "html": "earned"
    }
    (document,) = await documents.load(db, [cast.ayesha_profile.id])
    assert (document["certified_by"], document["skills"]) == ([], ["html"])
    match = await matches.explain(db, gig.id, cast.ayesha.id, at=clock.now())
    assert match and not any("ertified" in reason.said("en") for reason in match.reasons)
    line_ = (await audit.lines_of(db, ("certificate", mine.id)))[-1]
    assert (line_.action, line_.values["reason"], line_.why) == (
        "certificate.revoked", "cheating", "The work was a copy."
    )  # fmt: skip
    assert await _count(db, Notice, Notice.user_id == cast.ayesha.id, Notice.message == "certificate_revoked") == 1


async def test_a_revoked_certificate_comes_back_only_as_a_new_one(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    mine = await claimed(db, at_school, cast.ayesha)
    by, at = at_school.tariq.id, clock.now()
    with pytest.raises(certificates.NotRevoked):
        await certificates.replace(db, mine, by=by, at=at)
    with pytest.raises(Invalid):
        await certificates.revoke(db, mine, "other", by=by, at=at)
    await certificates.revoke(db, mine, "mistake", by=by, at=at)
    with pytest.raises(certificates.RevokedAlready):
        await certificates.revoke(db, mine, "mistake", by=by, at=at)
    with pytest.raises(certificates.RevokedAlready):
        await claims.send(db, mine, by=by, at=at)
    await loaded(db, at_school, line("S-1"))
    assert await _count(db, Certificate, Certificate.state != "revoked") == 0, "a file does not bring it back"
    fresh = await certificate(db, await certificates.replace(db, mine, by=by, at=at))
    assert (fresh.state, fresh.learned) == ("issued", mine.learned)
    await claims.claim(db, await link(db, fresh, at_school), cast.ayesha.id, at=at)
    assert await _count(db, Evidence, Evidence.reference == fresh.id) == 2


async def test_of_two_certificates_one_revoked_leaves_the_other(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    first = await claimed(db, at_school, cast.ayesha)
    more = programmes.CourseText(name="More web", about="", skills={"html": "advanced"})
    await programmes.save_course(db, at_school.programme, more, by=at_school.tariq.id, at=clock.now())
    both = await loaded(db, at_school, line(course="More web"))
    second = next(each for each in both if each.id != first.id)
    await claims.claim(db, await link(db, second, at_school), cast.ayesha.id, at=clock.now())
    await certificates.revoke(db, first, "mistake", by=at_school.tariq.id, at=clock.now())
    (skill,) = (await shown_skills(db, [cast.ayesha.id]))[cast.ayesha.id]
    assert (skill.slug, skill.kind, skill.proofs[0].level) == ("html", "certified", "advanced")


async def test_a_link_is_for_the_address_it_was_sent_to_and_works_once(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    (issued,) = await loaded(db, at_school, line("S-1", "Hina Malik", "HINA@test.example"))
    earlier, secret = await link(db, issued, at_school), await link(db, issued, at_school)
    at = clock.now()
    assert secret not in str([row.secret_hash for row in (await db.scalars(select(CertificateClaim))).all()])
    for given, who, refusal in (
        (secret, cast.ayesha, claims.OtherAddress),
        (earlier, cast.hina, claims.ClaimLinkOver),
        ("made-up", cast.hina, claims.ClaimLinkOver),
    ):
        with pytest.raises(refusal):
            await claims.claim(db, given, who.id, at=at)
    with pytest.raises(claims.ClaimLinkOver):
        await claims.claim(db, secret, cast.hina.id, at=at + timedelta(days=61))
    held = await claims.claim(db, secret, cast.hina.id, at=at)
    assert (held.state, held.holder_user_id, held.shows_name) == ("claimed", cast.hina.id, False)
    enrolment = await db.get_one(Enrolment, held.enrolment_id)
    assert enrolment.user_id == cast.hina.id
    with pytest.raises(claims.ClaimedAlready):
        await claims.claim(db, secret, cast.hina.id, at=at)
    with pytest.raises(claims.ClaimedAlready):
        await claims.send(db, issued, by=at_school.tariq.id, at=at)


async def test_the_provider_sends_it_to_the_address_she_uses(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    (issued,) = await loaded(db, at_school, line("S-1", "Ayesha Khan", ""))
    by, at = at_school.tariq.id, clock.now()
    with pytest.raises(claims.NoAddress):
        await claims.send(db, issued, by=by, at=at)
    assert await claims.send(db, issued, email="Ayesha@test.example", by=by, at=at) == "mail"
    assert await _count(db, Mail, Mail.to == "ayesha@test.example", Mail.message == "certificate_issued") == 1
    (printed,) = await claims.print_links(db, at_school.cohort.id, by=by, at=at)
    held = await claims.claim(db, printed.secret, cast.hina.id, at=at)
    assert held.holder_user_id == cast.hina.id, "what was handed over is for whom it was handed to"


async def test_providers_learn_of_claims_once_a_day(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    await claimed(db, at_school, cast.ayesha)
    await claimed(db, at_school, cast.hina, number="S-2")
    for _ in range(2):
        await digest.tell(db, at=clock.now())
    told = select(Notice.values).where(Notice.user_id == at_school.tariq.id, Notice.message == "certificate_claimed")
    assert [values["count"] for values in (await db.scalars(told)).all()] == [2]


async def test_only_those_who_act_for_the_provider_reach_its_things(db: Session, cast: Cast) -> None:
    at_school = await school(db)
    (issued,) = await loaded(db, at_school, line("S-1"))
    member = await person(db, "Nadeem Abbas")
    db.add(
        programmes.Membership(
            user_id=member.id, organisation_id=at_school.academy.id, role="member", created_at=clock.now()
        )
    )
    await db.flush()
    strangers: list[User] = [cast.bilal, cast.omar, cast.sana, member]
    for stranger in strangers:
        for ask in (
            programmes.own_programme(db, at_school.programme.slug, by=stranger.id),
            programmes.own_cohort(db, at_school.cohort.id, by=stranger.id),
            programmes.own_course(db, at_school.course.id, by=stranger.id),
            certificates.own_certificate(db, issued.id, by=stranger.id),
            certificates.held_certificate(db, issued.id, by=stranger.id),
        ):
            with pytest.raises(NotFound):
                await ask
    text = programmes.ProgrammeText(name="Forged", about="", language="en")
    with pytest.raises(NotFound):
        await programmes.make_programme(db, cast.agritrack.id, text, by=cast.bilal.id, at=clock.now())
