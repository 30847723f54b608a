"""What is known of an employer: each level has a date and a verifier, and none can be had by saying so."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from marketplace.contracts import actions as contracts
from marketplace.engines.deadlines.tasks import sweep
from marketplace.engines.files.models import StoredFile
from marketplace.engines.notify.models import Mail
from marketplace.identity.audit import lines_of
from marketplace.identity.employers import actions, queries, rules
from marketplace.identity.employers.actions import Document
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.models import Membership, User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.queue import Services, drain
from marketplace.trust.events import CaseDecided
from tests.cast import Cast
from tests.contracts.scenes import agreed, delivered, funded, told

WEBSITE = "https://www.agritrack.pk/about"


async def has_website(db: Session, cast: Cast, website: str = WEBSITE) -> None:
    await actions.describe(
        db, cast.agritrack.id, about="We watch crops.", website=website, by=cast.bilal.id, at=clock.now()
    )


async def asked(db: Session, cast: Cast) -> str:
    """The code of the mail that was sent last."""
    await actions.ask_domain(db, cast.agritrack.id, "info", by=cast.bilal.id, at=clock.now())
    query = select(Mail).where(Mail.message == "domain_code").order_by(Mail.id.desc()).limit(1)
    mail = (await db.execute(query)).scalar_one()
    assert mail.to == "info@agritrack.pk"
    return mail.values["code"]


async def confirm(db: Session, cast: Cast, code: str) -> bool:
    return await actions.confirm_domain(db, cast.agritrack.id, code, by=cast.bilal.id, at=clock.now())


async def kinds(db: Session, organisation_id: UUID) -> list[str]:
    standing = await queries.standing_of(db, organisation_id, at=clock.now())
    return [level.kind for level in standing.levels] + (["zone"] if standing.zone else [])


async def document(db: Session, cast: Cast) -> StoredFile:
    row = {"sha256": "0" * 64, "name": "ntn.pdf", "media_type": "application/pdf", "size_bytes": 9}
    file = StoredFile(**row, uploaded_by=cast.bilal.id, created_at=clock.now())
    db.add(file)
    await db.flush()
    return file


async def handed_in(
    db: Session, cast: Cast, kind: str = "registration", *, file: StoredFile | None = None, **more: object
) -> OrganisationCheck:
    given = Document(kind, "NTN 1234567-8", file or await document(db, cast), **more)  # type: ignore[arg-type]
    await actions.hand_in(db, cast.agritrack.id, given, by=cast.bilal.id, at=clock.now())
    waiting = select(OrganisationCheck).where(OrganisationCheck.kind == kind, OrganisationCheck.state == "waiting")
    return (await db.execute(waiting)).scalar_one()


async def decide(db: Session, check: OrganisationCheck, by: UUID, *, is_passed: bool = True, reason: str = "") -> None:
    await actions.decide(db, check, is_passed=is_passed, reason=reason, by=by, at=clock.now())


async def vouches(db: Session, cast: Cast) -> None:
    """The park's own registration has been seen."""
    at = clock.now()
    row = {"kind": "registration", "state": "passed", "asked_at": at, "decided_at": at}
    db.add(OrganisationCheck(organisation_id=cast.park.id, file_id=(await document(db, cast)).id, **row))
    await db.flush()


# -- e-mail, domain


async def test_the_first_level_is_an_owners_confirmed_address(db: Session, cast: Cast) -> None:
    assert await kinds(db, cast.agritrack.id) == ["email"]
    await db.execute(update(User).where(User.id == cast.bilal.id).values(email_verified_at=None))
    assert await kinds(db, cast.agritrack.id) == []


async def test_a_code_to_the_domain_of_the_website_comes_back(db: Session, cast: Cast) -> None:
    with pytest.raises(rules.NoDomain):
        await asked(db, cast)
    await has_website(db, cast)
    code = await asked(db, cast)
    assert not await confirm(db, cast, "WRONGONE")
    assert await kinds(db, cast.agritrack.id) == ["email"]
    assert await confirm(db, cast, f" {code[:4].lower()}-{code[4:]} ")
    assert await kinds(db, cast.agritrack.id) == ["email", "domain"]
    with pytest.raises(rules.CodeOver):
        await confirm(db, cast, code)
    await has_website(db, cast, "https://agritrack.pk")
    assert await kinds(db, cast.agritrack.id) == ["email", "domain"], "the same domain"
    await has_website(db, cast, "https://other.pk")
    assert await kinds(db, cast.agritrack.id) == ["email"], "another domain has to be confirmed anew"


async def test_a_code_lasts_an_hour_and_eight_tries_and_only_the_last_one_works(db: Session, cast: Cast) -> None:
    await has_website(db, cast)
    first = await asked(db, cast)
    second = await asked(db, cast)
    assert not await confirm(db, cast, first)
    for _ in range(rules.MOST_TRIES - 1):
        assert not await confirm(db, cast, "WRONGONE")
    with pytest.raises(rules.CodeOver):
        await confirm(db, cast, second)
    third = await asked(db, cast)
    clock.advance(rules.CODE_LIFE)
    with pytest.raises(rules.CodeOver):
        await confirm(db, cast, third)


def test_domains_and_mailboxes() -> None:
    for website, domain in (
        ("https://www.AgriTrack.pk/x", "agritrack.pk"),
        ("http://shop.agritrack.com.pk:8080", "shop.agritrack.com.pk"),
        ("https://10.0.0.1", ""),
        ("https://localhost", ""),
        ("https://[::1", ""),
        ("", ""),
    ):
        assert rules.domain_of(website) == domain
    assert rules.check_mailbox("info", WEBSITE) == rules.check_mailbox("info@AgriTrack.pk", WEBSITE)
    for mailbox, website in (
        ("a", "https://gmail.com"),
        ("a", "https://mypage.wixsite.com"),
        ("a@gmail.com", WEBSITE),
        ("a b", WEBSITE),
        ("a\nBcc: x", WEBSITE),
        ("", WEBSITE),
    ):
        with pytest.raises(Invalid):
            rules.check_mailbox(mailbox, website)
    assert rules.check_website("agritrack.pk") == "https://agritrack.pk"
    for website in ("javascript:alert(1)", "ftp://agritrack.pk", "https://nowhere"):
        with pytest.raises(Invalid):
            rules.check_website(website)


# -- documents


async def test_a_document_is_decided_once_by_somebody_else_with_a_reason(db: Session, cast: Cast) -> None:
    check = await handed_in(db, cast)
    with pytest.raises(rules.WaitsAlready):
        await handed_in(db, cast)
    assert await kinds(db, cast.agritrack.id) == ["email"]
    with pytest.raises(rules.OwnOrganisation):
        await decide(db, check, cast.bilal.id)
    with pytest.raises(Invalid, match="Say why"):
        await decide(db, check, cast.sana.id, is_passed=False)
    await decide(db, check, cast.sana.id, is_passed=False, reason="It is out of date.")
    assert "check_refused" in await told(db, cast.bilal.id)
    with pytest.raises(rules.DecidedAlready):
        await decide(db, check, cast.sana.id)
    await decide(db, await handed_in(db, cast), cast.sana.id)
    assert await kinds(db, cast.agritrack.id) == ["email", "registration"]
    _, level = (await queries.standing_of(db, cast.agritrack.id, at=clock.now())).levels
    assert level.number == "", "the number of a registration is nobody else's business"
    done = [line.action for line in await lines_of(db, ("organisation", cast.agritrack.id))]
    assert done == ["check.asked", "check.refused", "check.asked", "check.passed"]


async def test_only_staff_and_the_park_that_was_asked_find_a_document(db: Session, cast: Cast) -> None:
    ends = rules.today(clock.now()) + timedelta(days=60)
    with pytest.raises(Invalid, match="Choose one"):  # anybody can call an organisation a park
        await handed_in(db, cast, "zone", expires_on=ends, verifier_id=cast.park.id)
    await vouches(db, cast)
    check = await handed_in(db, cast, "zone", expires_on=ends, verifier_id=cast.park.id)
    asked_ = await queries.waiting_documents(db, verifier_id=cast.park.id, limit=9)
    assert [each.id for each in asked_] == [check.id]
    for by, is_staff in ((cast.sana.id, True), (cast.omar.id, False)):
        assert (await queries.document_for(db, check.id, by=by, is_staff=is_staff)).id == check.id
    for by in (cast.bilal.id, cast.ayesha.id):
        with pytest.raises(NotFound):
            await queries.document_for(db, check.id, by=by, is_staff=False)
    registration = await handed_in(db, cast)
    with pytest.raises(NotFound):
        await queries.document_for(db, registration.id, by=cast.omar.id, is_staff=False)
    await db.execute(update(Membership).where(Membership.user_id == cast.omar.id).values(role="member"))
    with pytest.raises(NotFound):
        await queries.document_for(db, check.id, by=cast.omar.id, is_staff=False)


async def test_the_zone_badge_is_gone_after_its_last_day_and_ends_with_a_reminder(
    db: Session, cast: Cast, services: Services
) -> None:
    ends = rules.today(clock.now()) + timedelta(days=40)
    await decide(db, await handed_in(db, cast, "zone", expires_on=ends), cast.sana.id)
    badge = (await queries.standing_of(db, cast.agritrack.id, at=clock.now())).zone
    assert badge and (badge.expires_on, badge.number, badge.by) == (ends, "NTN 1234567-8", "")
    await db.commit()
    clock.advance(timedelta(days=11))
    await sweep(db)
    await db.commit()
    await drain(services)
    assert (await told(db, cast.bilal.id)).count("badge_ends") == 1
    clock.advance(timedelta(days=29))
    assert "zone" in await kinds(db, cast.agritrack.id), "its last day"
    clock.advance(timedelta(days=1))
    assert "zone" not in await kinds(db, cast.agritrack.id)


async def test_a_new_certificate_takes_the_place_of_the_old_one(db: Session, cast: Cast) -> None:
    first = rules.today(clock.now()) + timedelta(days=40)
    await decide(db, await handed_in(db, cast, "zone", expires_on=first), cast.sana.id)
    await decide(db, await handed_in(db, cast, "zone", expires_on=first + timedelta(days=365)), cast.sana.id)
    badge = (await queries.standing_of(db, cast.agritrack.id, at=clock.now())).zone
    assert badge and badge.expires_on == first + timedelta(days=365)


def test_a_certificate_must_be_valid_today_and_not_for_ever() -> None:
    at = clock.now()
    today = rules.today(at)
    rules.check_expiry(today, at=at)
    for wrong in (None, today - timedelta(days=1), today + timedelta(days=366 * 6), date.max):
        with pytest.raises(Invalid):
            rules.check_expiry(wrong, at=at)


async def test_opening_a_document_needs_a_reason_that_its_owner_reads(db: Session, cast: Cast) -> None:
    check = await handed_in(db, cast)
    with pytest.raises(Invalid):
        await actions.note_opening(db, check, reason=" ", by=cast.sana.id, at=clock.now())
    await actions.note_opening(db, check, reason="To compare the number.", by=cast.sana.id, at=clock.now())
    [opening] = await queries.openings(db, cast.agritrack.id)
    assert (opening.name, opening.why) == ("Sana Iqbal", "To compare the number.")


async def test_a_moderator_takes_away_what_an_organisation_says_of_itself(db: Session, cast: Cast) -> None:
    await has_website(db, cast)
    assert await confirm(db, cast, await asked(db, cast))
    case = {"case_id": uuid4(), "kind": "report", "subject_kind": "organisation", "subject_id": cast.agritrack.id}
    await publish(db, CaseDecided(**case, decision="remove", by=cast.sana.id, reason="scam", at=clock.now()))
    shown = await queries.organisation_view(db, "agritrack")
    assert (shown.about, shown.website, await kinds(db, cast.agritrack.id)) == ("", "", ["email"])


# -- payments


async def test_payments_are_levels_from_the_first_one_on(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    assert await kinds(db, cast.agritrack.id) == ["email"]
    part = await delivered(db, cast, contract)
    assert await kinds(db, cast.agritrack.id) == ["email", "card"]
    await funded(db, cast, contract, 2)
    await contracts.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    assert await kinds(db, cast.agritrack.id) == ["email", "card", "first_paid"]
    assert await kinds(db, cast.park.id) == ["email"]


async def test_the_same_level_comes_once_however_often_its_payment_comes(db: Session, cast: Cast) -> None:
    for _ in range(8):  # more often than PostgreSQL plans a statement anew
        await actions.pass_by_payment(db, cast.agritrack.id, "card", at=clock.now())
    assert await kinds(db, cast.agritrack.id) == ["email", "card"]


async def test_many_employers_are_read_in_one_statement(db: Session, cast: Cast, statements: list[str]) -> None:
    statements.clear()
    found = await queries.standings(db, [cast.agritrack.id, cast.park.id], at=clock.now())
    assert len(found) == 2
    assert len(statements) == 1
