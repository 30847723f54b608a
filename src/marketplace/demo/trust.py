"""What goes well and badly between people: conversations, held postings, reports, cases, limits, appeals, reviews.

Each story is one transaction and begins by looking whether it was told already.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.models import Contract
from marketplace.contracts.reviews import actions as reviews
from marketplace.contracts.reviews.models import Review, ReviewReply, ReviewSide
from marketplace.contracts.reviews.rules import Words
from marketplace.demo import postings, world
from marketplace.demo.people import CAST, OWNERS, Everybody
from marketplace.demo.proposals import freelancer_of
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.gigs import actions as gigs
from marketplace.gigs.rules import Offer, Part
from marketplace.identity.employers import actions as employers
from marketplace.identity.employers.actions import Document
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.models import Membership, Organisation
from marketplace.identity.organisations import create_organisation
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Database, Session
from marketplace.kernel.queue import Services
from marketplace.messages import contacts, thread_cases, threads
from marketplace.messages.contacts import Meeting
from marketplace.messages.thread_models import TrustedContact
from marketplace.messages.thread_subjects import find
from marketplace.postings import actions
from marketplace.postings.models import Posting
from marketplace.postings.rules import Content
from marketplace.talent.models import Freelancer
from marketplace.trust import appeals, blocks, decisions, reports
from marketplace.trust.decisions import Verdict
from marketplace.trust.models import Report, Restriction
from marketplace.trust.reports import Complaint

Step = Callable[[Session], Awaitable[None]]
PAPER = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
"""What stands for a document: a PDF with nothing on it."""


async def fill(services: Services, everybody: Everybody, report: Callable[[str, int, int], None]) -> None:
    """Tell what was not told yet."""
    steps = list(_Stories(services, everybody).all())
    for number, step in enumerate(steps, 1):
        async with services[Database].write.begin() as db:
            await step(db)
        report("trust", number, len(steps))


class _Stories:
    """Every method that `all` names tells one thing, in the caller's transaction."""

    def __init__(self, services: Services, everybody: Everybody) -> None:
        self.folder, self.everybody, self.now = services[Folder], everybody, clock.now()
        self.users, self.told = everybody.users, world.trust()
        self.moderator, self.other_moderator = self.users[CAST["moderator"]], self.users[CAST["moderator2"]]

    def all(self) -> list[Step]:
        told = self.told
        lines: list[tuple[Callable[..., Awaitable[None]], list[Any]]] = [
            (self.held, [each.split(" | ") for each in told["held"]["list"]]),
            (self.scam, [told["scam"]]),
            (self.copied, [told["copied"]]),
            (self.reported, [each.split(" | ") for each in told["reports"]["list"]]),
            (self.talk, told["talks"]),
            (self.mediated, [told["mediated"]]),
            (self.reviewed, [each.split(" | ") for each in told["reviews"]["list"]]),
            (self.replied, [each.split(" | ") for each in told["reviews"]["replies"]]),
            (self.document, [each.split(" | ") for each in told["documents"]["list"]]),
            (self.meeting, [told["meeting"]]),
        ]
        return [_step(tell, line) for tell, each in lines for line in each]

    async def held(self, db: Session, line: list[str]) -> None:
        """The first posting of an employer whom nobody knows."""
        owner, name, title, skills, pay, description = line
        by = self.users[owner]
        organisation_id = await self._organisation(db, owner, name)
        if await db.scalar(select(Posting.id).where(Posting.organisation_id == organisation_id)) is not None:
            return
        least, most = (int(each) * 100 for each in pay.split("-"))
        closes_at = self.now + timedelta(days=21)
        content = Content(
            title=title,
            description=description,
            skills=tuple(skills.split()),
            pay_kind="fixed",
            pay_min_minor=least,
            pay_max_minor=most,
            currency="USD",
            is_remote=True,
            closes_at=closes_at,
            answer_by=closes_at + timedelta(days=5),
        )
        posting = await actions.save_draft(db, content, organisation_id=organisation_id, by=by, at=self.now)
        await actions.publish(db, posting, by=by, at=self.now)

    async def _organisation(self, db: Session, owner: str, name: str, *, is_known: bool = False) -> UUID:
        by = self.users[owner]
        owned = select(Organisation.id).join(Membership, Membership.organisation_id == Organisation.id)
        if (found := await db.scalar(owned.where(Membership.user_id == by))) is not None:
            return found
        made = await create_organisation(db, by, name=name, kinds=["employer"], at=self.now)
        made.country, made.postings_approved_at = "PK", self.now if is_known else None
        return made.id

    async def scam(self, db: Session, line: dict[str, Any]) -> None:
        """He asks for a fee, she reports, he is limited and appeals."""
        owner, freelancer = line["owner"], line["freelancer"]
        self.everybody.organisations["nadeem"] = await self._organisation(
            db, owner, line["organisation"], is_known=True
        )
        by, hers, now = self.users[owner], self.users[freelancer], self.now
        if await db.scalar(select(Restriction.id).where(Restriction.user_id == by)) is not None:
            return
        posting = await postings.published(db, self.everybody, world.gig(line["gig"]), hours_ago=70)
        offer = Offer(
            cover=line["cover"],
            answers=("A shop with forty seeds.", "Tomorrow.")[: len(posting.questions)],
            milestones=(Part("All sixty", 50_00, 4),),
        )
        proposal = await gigs.submit(db, posting, offer, freelancer=await freelancer_of(db, hers), at=now)
        await gigs.shortlist(db, proposal, by=by, at=now)
        written = [await self._say(db, "proposal", proposal.id, each) for each in line["messages"]]
        asked = written[2]
        said = Complaint(line["reason"], line["said"], has_conversation=True)
        made = await reports.report(db, ("message", asked), said, by=hers, at=now)
        await decisions.take(db, made.case_id, by=self.moderator, at=now)
        await decisions.open_private(db, made.case_id, by=self.moderator, why=line["read_why"], at=now)
        verdict = Verdict("remove", line["verdict"], ("post", "message"), line["days"])
        await self._limit(db, made.case_id, verdict)
        await self._appeal(db, by, line["appeal"])

    async def copied(self, db: Session, line: dict[str, Any]) -> None:
        """A limit that the other moderator lifted."""
        about = self.users[line["about"]]
        if await db.scalar(select(Restriction.id).where(Restriction.user_id == about)) is not None:
            return
        profile = await freelancer_of(db, about)
        said = Complaint(line["reason"], line["said"])
        made = await reports.report(db, ("profile", profile.id), said, by=self.users[line["reporter"]], at=self.now)
        await decisions.take(db, made.case_id, by=self.moderator, at=self.now)
        await self._limit(db, made.case_id, Verdict("restrict", line["verdict"], ("apply",), line["days"]))
        asked = await self._appeal(db, about, line["appeal"])
        why, by = line["lifted"], self.other_moderator
        await appeals.decide(db, asked, is_lifted=True, reason=why, by=by, at=self.now)

    async def _limit(self, db: Session, case_id: UUID, verdict: Verdict) -> None:
        await decisions.decide(db, case_id, verdict, by=self.moderator, at=self.now)

    async def _appeal(self, db: Session, user_id: UUID, text: str) -> UUID:
        """Against the first of her limits; the others stand under the same words."""
        first = select(Restriction.id).where(Restriction.user_id == user_id).order_by(Restriction.id).limit(1)
        return (await appeals.appeal(db, (await db.scalars(first)).one(), text, by=user_id, at=self.now)).id

    async def reported(self, db: Session, line: list[str]) -> None:
        """A report that waits for a moderator."""
        who, kind, what, reason, text = line
        by = self.users[who]
        if await db.scalar(select(Report.id).where(Report.reporter_id == by)) is not None:
            return
        if kind == "profile":
            id = (await freelancer_of(db, self.users[what])).id
        else:
            id = (await db.scalars(select(Posting.id).where(Posting.title == what))).one()
        await reports.report(db, (kind, id), Complaint(reason, text), by=by, at=self.now)

    async def talk(self, db: Session, line: dict[str, Any]) -> None:
        """A conversation about work; the last line is unread."""
        contract = await self._contract(db, line["gig"])
        if await find(db, "contract", contract.id) is None:
            for each in line["lines"]:
                await self._say(db, "contract", contract.id, each)

    async def _contract(self, db: AnySession, title: str) -> Contract:
        return (await db.scalars(select(Contract).where(Contract.title == title))).one()

    async def _say(self, db: Session, kind: str, about_id: UUID, line: str) -> UUID:
        """Write `who: text`, read by whoever answers; the answer is the message's id."""
        who, text = line.split(": ", 1)
        by = self.users[who]
        thread = await threads.thread_about(db, kind, about_id, by, at=self.now)
        if thread.last_number:
            await threads.mark_read(db, thread.id, by=by, upto=thread.last_number, at=self.now)
        return (await threads.write(db, thread, text, by=by, at=self.now)).id

    async def mediated(self, db: Session, line: dict[str, Any]) -> None:
        """She has blocked the other side of her contract, and calls a moderator."""
        blocker, blocked = self.users[line["blocker"]], self.users[line["blocked"]]
        if await blocks.is_blocked(db, blocker, blocked):
            return
        contract = await self._contract(db, line["gig"])
        first, *rest = line["lines"]
        await self._say(db, "contract", contract.id, first)
        await blocks.block(db, by=blocker, other=blocked, at=self.now)
        for each in rest:
            await self._say(db, "contract", contract.id, each)
        thread = await threads.thread_about(db, "contract", contract.id, blocker, at=self.now)
        await thread_cases.call_moderator(db, thread.id, by=blocker, at=self.now)

    async def reviewed(self, db: Session, line: list[str]) -> None:
        """One side says how it was; shown once both have."""
        gig, side, scores, text = line
        contract = await self._contract(db, gig)
        known = select(Review.id).where(Review.contract_id == contract.id, Review.side == side)
        if await db.scalar(known) is not None:
            return
        words = Words({name: int(score) for name, score in (each.split("=") for each in scores.split())}, text)
        by = await self._side(db, contract, side)
        await reviews.write_review(db, contract, words, side=cast(ReviewSide, side), by=by, at=self.now)

    async def _side(self, db: AnySession, contract: Contract, side: str) -> UUID:
        if side == "freelancer":
            return (await db.get_one(Freelancer, contract.freelancer_id)).user_id
        owner = select(Membership.user_id).where(Membership.organisation_id == contract.organisation_id)
        return (await db.scalars(owner.order_by(Membership.created_at).limit(1))).one()

    async def replied(self, db: Session, line: list[str]) -> None:
        """Once, to what the other side wrote."""
        gig, side, text = line
        contract = await self._contract(db, gig)
        theirs = select(Review.id).where(Review.contract_id == contract.id, Review.side != side)
        if await db.get(ReviewReply, (await db.scalars(theirs)).one()) is not None:
            return
        by = await self._side(db, contract, side)
        await reviews.reply(db, contract, text, side=cast(ReviewSide, side), by=by, at=self.now)

    async def document(self, db: Session, line: list[str]) -> None:
        """A registration or a zone certificate, looked at by staff or by the park."""
        key, kind, number, fate = line
        owner = self.users[CAST["organiser"] if key == "park" else OWNERS[key]]
        owned = select(Membership.organisation_id).where(Membership.user_id == owner).order_by(Membership.created_at)
        organisation_id = (await db.scalars(owned.limit(1))).one()
        known = select(OrganisationCheck.id).where(OrganisationCheck.number == number)
        if await db.scalar(known) is not None:
            return
        is_zone, at = kind == "zone", self.now
        organiser = self.users[CAST["organiser"]]
        park = (await db.scalars(select(Membership.organisation_id).where(Membership.user_id == organiser))).first()
        document = Document(
            cast(Any, kind),
            number,
            await self._paper(db, f"{kind}.pdf", by=owner),
            expires_on=(at + timedelta(days=200)).date() if is_zone else None,
            verifier_id=park if is_zone else None,
        )
        await employers.hand_in(db, organisation_id, document, by=owner, at=at)
        if fate == "waiting":
            return
        check = (await db.scalars(select(OrganisationCheck).where(OrganisationCheck.number == number))).one()
        reason, by = "" if fate == "passed" else fate, organiser if is_zone else self.moderator
        await employers.decide(db, check, is_passed=fate == "passed", reason=reason, by=by, at=at)

    async def _paper(self, db: Session, name: str, *, by: UUID) -> StoredFile:
        async def pieces() -> AsyncIterator[bytes]:
            yield PAPER

        return await files.store(db, self.folder, files.Upload(name, pieces()), by=by, at=self.now)

    async def meeting(self, db: Session, line: dict[str, str]) -> None:
        """She tells somebody she trusts where she will be."""
        by = self.users[line["who"]]
        if await db.scalar(select(TrustedContact.id).where(TrustedContact.user_id == by)) is not None:
            return
        contact = await contacts.add_contact(db, line["contact"], email=line["email"], phone="", by=by, at=self.now)
        begins = self.now + timedelta(hours=20)
        said = {name: line[name] for name in ("place", "company", "about")}
        await contacts.tell(
            db, contact.id, Meeting(**said, starts_at=begins, until=begins + timedelta(hours=3)), by=by, at=self.now
        )


def _step(tell: Callable[..., Awaitable[None]], line: Any) -> Step:
    async def told(db: Session) -> None:
        await tell(db, line)

    return told
