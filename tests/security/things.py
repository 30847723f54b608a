"""One of each thing that belongs to somebody, and who may reach it by which address."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from marketplace.contracts import actions as contracts
from marketplace.contracts.disputes import actions as disputes
from marketplace.contracts.disputes import moderation, splits
from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.models import PortfolioConsent
from marketplace.discovery.models import SavedSearch
from marketplace.engines.files.models import StoredFile
from marketplace.engines.ledger.models import LedgerTransaction
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.escrow.models import BookDifference, Hold, Refund
from marketplace.escrow.rails.models import PayInReceipt
from marketplace.gigs import services
from marketplace.identity import seats
from marketplace.identity.models import DataExport, Passkey, UserSession
from marketplace.identity.rules import ABSOLUTE_LIMIT, new_secret, secret_hash
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.messages.models import Notice
from marketplace.places.actions import load_places
from marketplace.places.models import Outage
from marketplace.postings.models import Invitation
from marketplace.privacy.exports import KEPT
from marketplace.talent import portfolio
from marketplace.talent.portfolio import Piece
from marketplace.trust import appeals
from tests.cast import Cast
from tests.contracts.scenes import funded, milestone, stored
from tests.gigs.offering import SERVICE, offered
from tests.gigs.writing import proposed
from tests.identity.test_employers import handed_in
from tests.jobs.writing import applied, job
from tests.messages.scenes import messages_of
from tests.postings.writing import draft, opened
from tests.security.fair_day import FAIR_DAY, fair_day_of
from tests.security.fairs import BY_TICKET, FAIRS, fairs_of
from tests.security.hiring import HIRING, hiring_of
from tests.security.rails import money_of
from tests.security.training import TRAINING, training_of
from tests.trust.scenes import reported, restricted

AYESHA, NOBODY = frozenset({"ayesha"}), frozenset[str]()
HIRES, PAYS = frozenset({"bilal", "iqra"}), frozenset({"bilal", "usman"})
"""Who of AgriTrack writes postings and chooses people; who pays."""
MODERATE, RABIA = frozenset({"sana", "rabia", "imran"}), frozenset({"rabia", "imran"})
"""Both moderate; an appeal against what Sana decided is only Rabia's."""
SANA = frozenset({"sana"})
"""She has taken the dispute; Rabia only sees that there is one."""
FARAH_IMRAN = frozenset({"farah", "imran"})
"""Who looks after payouts and statements."""
AGRITRACK = HIRES | PAYS
BOSS, COLLEAGUES = frozenset({"bilal"}), frozenset({"iqra", "usman"})
"""AgriTrack's owner, and who sees its seats but does not change them."""
BOTH = AYESHA | AGRITRACK


_PAID_IN = LedgerTransaction.kind == "fund"
_PART = "/contracts/<contract>/milestones/1"


@dataclass(frozen=True, slots=True)
class Things:
    """Parts of addresses, as pages show them, by the word in braces below."""

    by_name: dict[str, str]

    def address(self, path: str) -> str:
        """`/contracts/<contract>` with the real id."""
        for name, value in self.by_name.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, path
        return path


OWNED: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    **TRAINING,
    **HIRING,
    **FAIRS,
    **FAIR_DAY,
    "GET /contracts/{id}/review": ("/contracts/<contract>/review", BOTH, NOBODY),
    "POST /contracts/{id}/review": ("/contracts/<contract>/review", BOTH, NOBODY),
    "POST /contracts/{id}/review/reply": ("/contracts/<contract>/review/reply", BOTH, NOBODY),
    "GET /organisation/documents/{id}": (
        "/organisation/documents/<check>",
        frozenset({"bilal"}),
        AGRITRACK - {"bilal"},
    ),
    "GET /checks/{id}": ("/checks/<check>", MODERATE, NOBODY),
    "POST /checks/{id}/document": ("/checks/<check>/document", MODERATE, NOBODY),
    "POST /checks/{id}/decide": ("/checks/<check>/decide", MODERATE, NOBODY),
    "GET /account/data/exports/{id}": ("/account/data/exports/<export>", AYESHA, NOBODY),
    "POST /account/sessions/{id}/end": ("/account/sessions/<session>/end", AYESHA, NOBODY),
    "POST /organisation/seats/{id}/role": ("/organisation/seats/<boss>/role", BOSS, COLLEAGUES),
    "POST /organisation/seats/{id}/remove": ("/organisation/seats/<boss>/remove", BOSS, COLLEAGUES),
    "POST /organisation/seats/invitations/{id}/send": (
        "/organisation/seats/invitations/<seat_invitation>/send",
        BOSS,
        COLLEAGUES,
    ),
    "POST /organisation/seats/invitations/{id}/revoke": (
        "/organisation/seats/invitations/<seat_invitation>/revoke",
        BOSS,
        COLLEAGUES,
    ),
    "POST /account/security/passkeys/{id}/name": ("/account/security/passkeys/<passkey>/name", AYESHA, NOBODY),
    "POST /account/security/passkeys/{id}/remove": ("/account/security/passkeys/<passkey>/remove", AYESHA, NOBODY),
    "GET /gigs/{slug}/edit": ("/gigs/<gig>/edit", HIRES, NOBODY),
    "POST /gigs/{slug}": ("/gigs/<gig>", HIRES, NOBODY),
    "POST /gigs/{slug}/publish": ("/gigs/<draft>/publish", HIRES, NOBODY),
    "POST /gigs/{slug}/copy": ("/gigs/<gig>/copy", HIRES, NOBODY),
    "GET /gigs/{slug}/pause": ("/gigs/<gig>/pause", HIRES, NOBODY),
    "POST /gigs/{slug}/pause": ("/gigs/<gig>/pause", HIRES, NOBODY),
    "GET /gigs/{slug}/resume": ("/gigs/<gig>/resume", HIRES, NOBODY),
    "POST /gigs/{slug}/resume": ("/gigs/<gig>/resume", HIRES, NOBODY),
    "GET /gigs/{slug}/close": ("/gigs/<gig>/close", HIRES, NOBODY),
    "POST /gigs/{slug}/close": ("/gigs/<gig>/close", HIRES, NOBODY),
    "GET /gigs/{slug}": ("/gigs/<draft>", HIRES, NOBODY),
    "GET /gigs/{slug}/proposals": ("/gigs/<gig>/proposals", HIRES, NOBODY),
    "GET /proposals/{id}": ("/proposals/<proposal>", AYESHA | HIRES, NOBODY),
    "GET /proposals/{id}/edit": ("/proposals/<proposal>/edit", AYESHA, NOBODY),
    "POST /proposals/{id}": ("/proposals/<proposal>", AYESHA, NOBODY),
    "GET /proposals/{id}/withdraw": ("/proposals/<proposal>/withdraw", AYESHA, NOBODY),
    "POST /proposals/{id}/withdraw": ("/proposals/<proposal>/withdraw", AYESHA, NOBODY),
    "POST /proposals/{id}/shortlist": ("/proposals/<proposal>/shortlist", HIRES, NOBODY),
    "GET /proposals/{id}/decline": ("/proposals/<proposal>/decline", HIRES, NOBODY),
    "POST /proposals/{id}/decline": ("/proposals/<proposal>/decline", HIRES, NOBODY),
    "GET /proposals/{id}/accept": ("/proposals/<proposal>/accept", HIRES, NOBODY),
    "POST /proposals/{id}/accept": ("/proposals/<proposal>/accept", HIRES, NOBODY),
    "GET /applications/{id}": ("/applications/<application>", HIRES | AYESHA, NOBODY),
    "GET /applications/{id}/withdraw": ("/applications/<application>/withdraw", AYESHA, NOBODY),
    "POST /applications/{id}/withdraw": ("/applications/<application>/withdraw", AYESHA, NOBODY),
    "GET /applications/{id}/cv": ("/applications/<application>/cv", AYESHA, NOBODY),
    "POST /applications/{id}/move": ("/applications/<application>/move", HIRES, NOBODY),
    "POST /applications/{id}/undo": ("/applications/<application>/undo", HIRES, NOBODY),
    "GET /applications/{id}/reject": ("/applications/<application>/reject", HIRES, NOBODY),
    "POST /applications/{id}/reject": ("/applications/<application>/reject", HIRES, NOBODY),
    "GET /applications/{id}/hire": ("/applications/<application>/hire", HIRES, NOBODY),
    "POST /applications/{id}/hire": ("/applications/<application>/hire", HIRES, NOBODY),
    "POST /applications/{id}/notes": ("/applications/<application>/notes", HIRES, NOBODY),
    "POST /applications/{id}/scorecard": ("/applications/<application>/scorecard", HIRES, NOBODY),
    "GET /jobs/{slug}/applications": ("/jobs/<opening>/applications", HIRES, NOBODY),
    "POST /jobs/{slug}/applications/bulk": ("/jobs/<opening>/applications/bulk", HIRES, NOBODY),
    "POST /jobs/{slug}/applications/reject": ("/jobs/<opening>/applications/reject", HIRES, NOBODY),
    "GET /jobs/{slug}/applications/compare": ("/jobs/<opening>/applications/compare", HIRES, NOBODY),
    "GET /jobs/{slug}/applications/criteria": ("/jobs/<opening>/applications/criteria", HIRES, NOBODY),
    "POST /jobs/{slug}/applications/criteria": ("/jobs/<opening>/applications/criteria", HIRES, NOBODY),
    "GET /jobs/{slug}": ("/jobs/<vacancy>", HIRES, NOBODY),
    "GET /jobs/{slug}/edit": ("/jobs/<opening>/edit", HIRES, NOBODY),
    "POST /jobs/{slug}": ("/jobs/<opening>", HIRES, NOBODY),
    "POST /jobs/{slug}/publish": ("/jobs/<vacancy>/publish", HIRES, NOBODY),
    "POST /jobs/{slug}/copy": ("/jobs/<opening>/copy", HIRES, NOBODY),
    "GET /jobs/{slug}/pause": ("/jobs/<opening>/pause", HIRES, NOBODY),
    "POST /jobs/{slug}/pause": ("/jobs/<opening>/pause", HIRES, NOBODY),
    "GET /jobs/{slug}/resume": ("/jobs/<opening>/resume", HIRES, NOBODY),
    "POST /jobs/{slug}/resume": ("/jobs/<opening>/resume", HIRES, NOBODY),
    "GET /jobs/{slug}/close": ("/jobs/<opening>/close", HIRES, NOBODY),
    "POST /jobs/{slug}/close": ("/jobs/<opening>/close", HIRES, NOBODY),
    "GET /services/{slug}": ("/services/<unoffered>", AYESHA, NOBODY),
    "GET /services/{slug}/edit": ("/services/<service>/edit", AYESHA, NOBODY),
    "POST /services/{slug}": ("/services/<service>", AYESHA, NOBODY),
    "POST /services/{slug}/publish": ("/services/<unoffered>/publish", AYESHA, NOBODY),
    "POST /services/{slug}/pause": ("/services/<service>/pause", AYESHA, NOBODY),
    "GET /services/{slug}/remove": ("/services/<service>/remove", AYESHA, NOBODY),
    "POST /services/{slug}/remove": ("/services/<service>/remove", AYESHA, NOBODY),
    "GET /portfolio/{id}/edit": ("/portfolio/<piece>/edit", AYESHA, NOBODY),
    "POST /portfolio/{id}": ("/portfolio/<piece>", AYESHA, NOBODY),
    "POST /portfolio/{id}/move": ("/portfolio/<piece>/move", AYESHA, NOBODY),
    "GET /portfolio/{id}/delete": ("/portfolio/<piece>/delete", AYESHA, NOBODY),
    "POST /portfolio/{id}/delete": ("/portfolio/<piece>/delete", AYESHA, NOBODY),
    "GET /people/{handle}/files/{id}/{name}": ("/people/ayesha/files/<file>/logo.txt", BOTH, NOBODY),
    "GET /consents/{id}": ("/consents/<piece>", AGRITRACK, NOBODY),
    "POST /consents/{id}": ("/consents/<piece>", AGRITRACK, NOBODY),
    "GET /contracts/{id}": ("/contracts/<contract>", BOTH, NOBODY),
    "GET /contracts/{id}/cancel": ("/contracts/<contract>/cancel", BOTH, NOBODY),
    "POST /contracts/{id}/cancel": ("/contracts/<contract>/cancel", BOTH, NOBODY),
    "GET /contracts/{id}/milestones/{number}": ("/contracts/<contract>/milestones/1", BOTH, NOBODY),
    "POST /contracts/{id}/milestones/{number}/deliveries": (
        "/contracts/<contract>/milestones/1/deliveries",
        AYESHA,
        AGRITRACK,
    ),
    "POST /contracts/{id}/milestones/{number}/revisions": (
        "/contracts/<contract>/milestones/1/revisions",
        AGRITRACK,
        AYESHA,
    ),
    "POST /contracts/{id}/milestones/{number}/release": (f"{_PART}/release", AGRITRACK, AYESHA),
    "POST /contracts/{id}/milestones/{number}/fund": ("/contracts/<contract>/milestones/2/fund", AGRITRACK, AYESHA),
    "GET /contracts/{id}/milestones/{number}/paid": ("/contracts/<contract>/milestones/1/paid", AGRITRACK, AYESHA),
    "GET /contracts/{id}/milestones/{number}/parts": (f"{_PART}/parts", BOTH, NOBODY),
    "POST /contracts/{id}/milestones/{number}/part-releases": (f"{_PART}/part-releases", AGRITRACK, AYESHA),
    "POST /contracts/{id}/milestones/{number}/refunds": (f"{_PART}/refunds", AYESHA, AGRITRACK),
    "POST /contracts/{id}/milestones/{number}/extensions": (f"{_PART}/extensions", AGRITRACK, AYESHA),
    "POST /contracts/{id}/milestones/{number}/cancellation": (f"{_PART}/cancellation", AGRITRACK, AYESHA),
    "POST /contracts/{id}/milestones/{number}/splits": (f"{_PART}/splits", BOTH, NOBODY),
    "POST /contracts/{id}/milestones/{number}/splits/{split}/accept": (f"{_PART}/splits/<split>/accept", BOTH, NOBODY),
    "POST /contracts/{id}/milestones/{number}/splits/{split}/decline": (
        f"{_PART}/splits/<split>/decline",
        BOTH,
        NOBODY,
    ),
    "POST /contracts/{id}/milestones/{number}/splits/{split}/withdraw": (
        f"{_PART}/splits/<split>/withdraw",
        BOTH,
        NOBODY,
    ),
    "GET /contracts/{id}/milestones/{number}/dispute": (f"{_PART}/dispute", BOTH, NOBODY),
    "POST /contracts/{id}/milestones/{number}/dispute": (f"{_PART}/dispute", BOTH, NOBODY),
    "GET /disputes/{id}": ("/disputes/<dispute>", BOTH | SANA, NOBODY),
    "POST /disputes/{id}/statements": ("/disputes/<dispute>/statements", BOTH, NOBODY),
    "POST /disputes/{id}/appeal": ("/disputes/<dispute>/appeal", BOTH, NOBODY),
    "POST /disputes/{id}/waive": ("/disputes/<dispute>/waive", BOTH, NOBODY),
    "GET /disputes/{id}/evidence": ("/disputes/<dispute>/evidence", BOTH | SANA, NOBODY),
    "GET /disputes/{id}/files/{file}/{name}": ("/disputes/<dispute>/files/<shown>/shown.txt", BOTH | SANA, NOBODY),
    "POST /moderation/outages/{id}/end": ("/moderation/outages/<outage>/end", MODERATE, NOBODY),
    "GET /moderation/chargebacks/{id}": ("/moderation/chargebacks/<chargeback>", MODERATE, NOBODY),
    "POST /moderation/chargebacks/{id}/evidence": ("/moderation/chargebacks/<chargeback>/evidence", MODERATE, NOBODY),
    "POST /moderation/chargebacks/{id}/fault": ("/moderation/chargebacks/<chargeback>/fault", MODERATE, NOBODY),
    "POST /disputes/{id}/take": ("/disputes/<dispute>/take", SANA, RABIA),
    "POST /disputes/{id}/decide": ("/disputes/<dispute>/decide", SANA, NOBODY),
    "GET /files/{id}/{name}": ("/files/<file>/logo.txt", BOTH, NOBODY),
    "GET /messages/{id}": ("/messages/<thread>", BOTH, NOBODY),
    "POST /messages/{id}": ("/messages/<thread>", BOTH, NOBODY),
    "POST /messages/{id}/read": ("/messages/<thread>/read", BOTH, NOBODY),
    "POST /messages/{id}/moderator": ("/messages/<thread>/moderator", BOTH, NOBODY),
    "GET /messages/{id}/files/{file}/{name}": ("/messages/<thread>/files/<sent_file>/plan.txt", BOTH, NOBODY),
    "GET /messages/about/{kind}/{id}": ("/messages/about/contract/<contract>", BOTH, NOBODY),
    "POST /messages/about/{kind}/{id}": ("/messages/about/contract/<contract>", BOTH, NOBODY),
    "GET /gigs/{slug}/shown": ("/gigs/<gig>/shown", HIRES, NOBODY),
    "GET /services/{slug}/shown": ("/services/<service>/shown", AYESHA, NOBODY),
    "GET /jobs/{slug}/shown": ("/jobs/<opening>/shown", HIRES, NOBODY),
    "GET /gigs/{slug}/people": ("/gigs/<gig>/people", HIRES, NOBODY),
    "POST /gigs/{slug}/invitations": ("/gigs/<gig>/invitations", NOBODY, NOBODY),
    "GET /jobs/{slug}/people": ("/jobs/<opening>/people", HIRES, NOBODY),
    "POST /jobs/{slug}/invitations": ("/jobs/<opening>/invitations", NOBODY, NOBODY),
    "POST /invitations/{id}/decline": ("/invitations/<invitation>/decline", AYESHA, NOBODY),
    "POST /searches/{id}": ("/searches/<search>", AYESHA, NOBODY),
    "POST /searches/{id}/remove": ("/searches/<search>/remove", AYESHA, NOBODY),
    "POST /searches/{id}/restore": ("/searches/<search>/restore", AYESHA, NOBODY),
    "GET /messages/replies/{id}": ("/messages/replies/<reply>", AYESHA, NOBODY),
    "POST /messages/replies/{id}": ("/messages/replies/<reply>", AYESHA, NOBODY),
    "POST /messages/replies/{id}/remove": ("/messages/replies/<reply>/remove", AYESHA, NOBODY),
    "POST /safety/contacts/{id}/remove": ("/safety/contacts/<trusted>/remove", AYESHA, NOBODY),
    "POST /safety/meetings/{id}/back": ("/safety/meetings/<meeting>/back", AYESHA, NOBODY),
    "GET /contracts/{id}/milestones/{number}/transfer": (
        "/contracts/<contract>/milestones/2/transfer",
        AGRITRACK,
        AYESHA,
    ),
    "POST /contracts/{id}/milestones/{number}/transfer": (
        "/contracts/<contract>/milestones/2/transfer",
        AGRITRACK,
        AYESHA,
    ),
    "POST /contracts/{id}/milestones/{number}/receipts": (
        "/contracts/<contract>/milestones/2/receipts",
        AGRITRACK,
        AYESHA,
    ),
    "GET /ops/receipts/{id}/file": ("/ops/receipts/<pay_in_receipt>/file", FARAH_IMRAN, NOBODY),
    "POST /ops/receipts/{id}/amount": ("/ops/receipts/<pay_in_receipt>/amount", FARAH_IMRAN, NOBODY),
    "POST /ops/receipts/{id}/refuse": ("/ops/receipts/<pay_in_receipt>/refuse", FARAH_IMRAN, NOBODY),
    "POST /ops/receipts/{id}/undo": ("/ops/receipts/<pay_in_receipt>/undo", FARAH_IMRAN, NOBODY),
    "POST /ops/pay-ins/{id}/sent-back": ("/ops/pay-ins/<hold>/sent-back", FARAH_IMRAN, NOBODY),
    "GET /money/cards/{id}/remove": ("/money/cards/<card>/remove", PAYS, NOBODY),
    "POST /money/cards/{id}/remove": ("/money/cards/<card>/remove", PAYS, NOBODY),
    "GET /payouts/{id}": ("/payouts/<payout>", AYESHA, NOBODY),
    "POST /payouts/{id}/cancel": ("/payouts/<payout>/cancel", AYESHA, NOBODY),
    "POST /money/methods/{id}/prefer": ("/money/methods/<method>/prefer", AYESHA, NOBODY),
    "POST /money/methods/{id}/remove": ("/money/methods/<method>/remove", AYESHA, NOBODY),
    "GET /ops/payouts/{id}": ("/ops/payouts/<batch>", FARAH_IMRAN, NOBODY),
    "POST /ops/payouts/{id}/approve": ("/ops/payouts/<batch>/approve", FARAH_IMRAN, NOBODY),
    "POST /ops/payouts/{id}/discard": ("/ops/payouts/<batch>/discard", FARAH_IMRAN, NOBODY),
    "POST /ops/payouts/{id}/file": ("/ops/payouts/<batch>/file", FARAH_IMRAN, NOBODY),
    "POST /ops/payouts/by-hand/{id}/receipt": ("/ops/payouts/by-hand/<payout>/receipt", FARAH_IMRAN, NOBODY),
    "POST /ops/payouts/by-hand/{id}/failed": ("/ops/payouts/by-hand/<payout>/failed", FARAH_IMRAN, NOBODY),
    "POST /ops/lines/{id}/match": ("/ops/lines/<line>/match", FARAH_IMRAN, NOBODY),
    "POST /ops/lines/{id}/explain": ("/ops/lines/<line>/explain", FARAH_IMRAN, NOBODY),
    "POST /notices/{id}/read": ("/notices/<notice>/read", AYESHA, NOBODY),
    "GET /safety/restrictions/{id}/appeal": ("/safety/restrictions/<restriction>/appeal", AYESHA, NOBODY),
    "POST /safety/restrictions/{id}/appeal": ("/safety/restrictions/<restriction>/appeal", AYESHA, NOBODY),
    "GET /moderation/cases/{id}": ("/moderation/cases/<case>", MODERATE, NOBODY),
    "POST /moderation/cases/{id}/take": ("/moderation/cases/<case>/take", MODERATE, NOBODY),
    "POST /moderation/cases/{id}/decide": ("/moderation/cases/<case>/decide", MODERATE, NOBODY),
    "POST /moderation/cases/{id}/read": ("/moderation/cases/<case>/read", MODERATE, NOBODY),
    "GET /money/receipts/{id}": ("/money/receipts/<receipt>", PAYS, NOBODY),
    "POST /ops/books/differences/{id}/close": (
        "/ops/books/differences/<difference>/close",
        MODERATE | FARAH_IMRAN,
        NOBODY,
    ),
    "POST /ops/books/differences/{id}/book": ("/ops/books/differences/<difference>/book", FARAH_IMRAN, NOBODY),
    "POST /ops/refunds/{id}/again": ("/ops/refunds/<refund>/again", FARAH_IMRAN, NOBODY),
    "GET /moderation/appeals/{id}": ("/moderation/appeals/<appeal>", RABIA, NOBODY),
    "POST /moderation/appeals/{id}": ("/moderation/appeals/<appeal>", RABIA, NOBODY),
}
"""Route: an address of something that is there, who may do it, and who may see the thing but not do that.

For everybody else it does not exist.
"""

NOBODYS_OWN = BY_TICKET | {
    "GET /money/methods/new/{rail}",  # any freelancer
    "POST /money/methods/new/{rail}",
    "POST /ops/payouts/batches/{rail}",  # finance
    "GET /fairs/{slug}/board",  # numbers only, for the screen in the hall
    "GET /training/cohorts/{id}/apply",  # any learner
    "POST /training/cohorts/{id}/enrolments",
    "GET /certificates/{id}",  # whoever has the address may check it
    "GET /issuers/{slug}",
    "GET /certificates/claim/{secret}",  # the secret is the key (tests/training/test_certificates.py)
    "POST /certificates/claim/{secret}",
    "GET /safety/contact/{id}",  # the address is the key, mailed to the contact (tests/messages/test_contacts.py)
    "POST /safety/contact/{id}",
    "GET /account/address/{secret}",  # the secret is the key, and only hers fits (tests/web/test_account.py)
    "POST /account/address/{secret}",
    "GET /gigs/{slug}/propose",  # any freelancer
    "POST /gigs/{slug}/propose",
    "GET /gigs/{slug}/propose/fee",
    "GET /jobs/{slug}/apply",  # any candidate
    "POST /jobs/{slug}/apply",
    "GET /people/{handle}",
    "GET /people/{handle}/photo",  # whoever sees it on the page (tests/talent/test_showing.py)
    "GET /services/{slug}/order",  # anybody may order
    "POST /services/{slug}/order",
    "GET /sitemaps/{name}",
    "GET /people/{handle}/reviews",
    "GET /organisations/{slug}",
    "GET /organisations/{slug}/reviews",
    "GET /books/roots/{number}",  # published
    "GET /money/statements/{month}",  # always her own (tests/web/test_statements.py)
    "GET /money/certificates/{year}",
    "GET /help/{topic}",
    "GET /safety/block/{id}",  # anybody may block anybody and report what she sees
    "POST /safety/block/{id}",
    "POST /safety/block/{id}/end",
    "GET /report/{kind}/{id}",
    "POST /report/{kind}/{id}",
    "GET /dev/mail/{id}",  # demo only
    "GET /dev/mail/{id}/html",
    "GET /static/{name}",
    "GET /static/vendor/{name}",
    "GET /verify-email/{secret}",
    "POST /verify-email/{secret}",
    "GET /recover/{secret}",  # the secret is the key (tests/web/test_security.py)
    "POST /recover/{secret}",
    "POST /recover/{secret}/cancel",
    "GET /join/{secret}",  # the secret is the key (tests/web/test_seats.py)
    "POST /join/{secret}",
    "GET /reset-password/{secret}",
    "POST /reset-password/{secret}",
    "GET /unsubscribe/{token}",
    "POST /unsubscribe/{token}",
}
"""Routes with something in their address that belongs to no one person."""


async def build(db: Session, cast: Cast, folder: Path) -> Things:
    """Bilal has an open gig with two proposals, a draft, and a contract with Ayesha that she has delivered on."""
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="An open gig")
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await proposed(db, gig, cast.hina_profile, at)
    unfinished = await draft(db, cast.agritrack.id, cast.bilal.id, at, title="A secret draft")
    agreed = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="An agreed gig")
    winning = await proposed(db, agreed, cast.ayesha_profile, at)
    contract = await contracts.accept_proposal(db, winning, by=cast.bilal.id, at=at)
    await funded(db, cast, contract)
    file = await stored(db, cast, folder)
    part = await milestone(db, contract)
    await contracts.deliver(db, part, text="Here it is.", files=[file], by=cast.ayesha.id, at=at)
    split = await splits.propose(db, part, Money(1_00, "USD"), text="", side="freelancer", by=cast.ayesha.id, at=at)
    dispute, shown = await _disputed(db, cast, folder)
    chargeback = Chargeback(
        hold_id=part.hold_id,
        stripe_dispute_id="du_1",
        charge_id="ch_1",
        state="open",
        reason="general",
        amount_minor=1_00,
        currency="USD",
        opened_at=at,
    )
    await load_places(db)
    outage = Outage(district="multan", cause="Power cut", began_at=at, reported_by=cast.sana.id)
    db.add_all([chargeback, outage])
    messages = await messages_of(db, cast, contract, folder)
    piece = await portfolio.add(db, cast.ayesha_profile, Piece("A shop", source="contract"), files=[file], at=at)
    db.add(PortfolioConsent(item_id=piece.id, contract_id=contract.id, state="asked", asked_at=at))
    service = await offered(db, cast.ayesha_profile, at)
    unoffered = await services.make(db, cast.ayesha_profile, SERVICE, at=at)
    vacancy = await job(
        db, cast.agritrack.id, cast.bilal.id, at, state="draft", title="A secret job", published_at=None
    )
    opening = await job(db, cast.agritrack.id, cast.bilal.id, at)
    application = await applied(db, opening, cast.ayesha_profile, at)
    application.cv_file_id = file.id
    notice = (await db.scalars(select(Notice).where(Notice.user_id == cast.ayesha.id).limit(1))).one()
    device = UserSession(
        secret_hash=secret_hash(new_secret()),
        user_id=cast.ayesha.id,
        created_at=at,
        seen_at=at,
        expires_at=at + ABSOLUTE_LIMIT,
    )
    passkey = Passkey(user_id=cast.ayesha.id, credential_id=b"key", public_key=b"", name="my phone", created_at=at)
    export = DataExport(user_id=cast.ayesha.id, state="ready", file_id=file.id, asked_at=at, expires_at=at + KEPT)
    db.add_all([device, passkey, export])
    invitee = seats.Invitee("new@test.example", "member")
    invited = await seats.invite(db, cast.agritrack.id, invitee, by=cast.bilal.id, at=at)
    case = await reported(db, cast, gig.id, at)
    restriction = await restricted(db, cast, at)
    appeal = await appeals.appeal(db, restriction.id, "This was a misunderstanding.", by=cast.ayesha.id, at=at)
    check = await handed_in(db, cast, file=file)
    kept = SavedSearch(user_id=cast.ayesha.id, surface="gigs", query="", name="All", rhythm="off", created_at=at)
    invitation = Invitation(
        posting_id=gig.id, freelancer_id=cast.ayesha_profile.id, invited_by=cast.bilal.id, created_at=at
    )
    db.add_all([kept, invitation])
    difference = BookDifference(source_id="ch_1", currency="USD", stripe_minor=1, found_at=at)
    db.add_all([kept, difference])
    money = await money_of(db, cast)
    training = {**await training_of(db, cast, file), **await hiring_of(db, cast, at), **await fairs_of(db, cast)}
    training |= await fair_day_of(db, cast, file)
    await db.commit()
    named = {"opening": opening.slug, "vacancy": vacancy.slug, "service": service.slug, "unoffered": unoffered.slug}
    named |= {"gig": gig.slug, "draft": unfinished.slug}
    rows = {
        "proposal": proposal,
        "contract": contract,
        "file": file,
        "notice": notice,
        "session": device,
        "passkey": passkey,
        "export": export,
        "seat_invitation": invited,
        "boss": cast.bilal,
        "piece": piece,
    }
    rows |= {"application": application, "case": case, "restriction": restriction, "appeal": appeal}
    rows |= {"check": check, "search": kept, "invitation": invitation}
    rows |= {"split": split, "dispute": dispute, "shown": shown}
    rows |= {"chargeback": chargeback, "outage": outage}
    receipt = (
        await db.scalars(select(LedgerTransaction).where(_PAID_IN, LedgerTransaction.subject_id == part.hold_id))
    ).one()
    refund = Refund(hold_id=part.hold_id, amount_minor=1, currency="USD", cause="part", state="failed", created_at=at)
    db.add(refund)
    shown_receipt = PayInReceipt(
        hold_id=part.hold_id, file_id=file.id, state="waiting", uploaded_by=cast.bilal.id, uploaded_at=at
    )
    db.add(shown_receipt)
    await db.commit()
    rows |= {"difference": difference, "receipt": receipt, "refund": refund, "pay_in_receipt": shown_receipt}
    rows |= messages | money | {"hold": await db.get_one(Hold, part.hold_id)}
    return Things({**named, **training, **{name: ids.short(row.id) for name, row in rows.items()}})


async def _disputed(db: Session, cast: Cast, folder: Path) -> tuple[Dispute, StoredFile]:
    """Another contract, whose first milestone Ayesha disputes; Sana has taken it."""
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="A disputed gig")
    winning = await proposed(db, gig, cast.ayesha_profile, at)
    contract = await contracts.accept_proposal(db, winning, by=cast.bilal.id, at=at)
    part = await funded(db, cast, contract)
    shown = await stored(db, cast, folder, "shown.txt")
    said = {"text": "Nobody answers.", "files": [shown]}
    dispute = await disputes.open_dispute(db, part, side="freelancer", **said, by=cast.ayesha.id, at=at)
    await moderation.take(db, part, by=cast.sana.id, at=at)
    return dispute, shown
