"""The one table of data: every table of the database, whether its rows lead to a person, what she gets and what stays.

`hers` are the columns by which a row is hers: they name her, or a row of hers in another table. `made` name her as the
one who did something for others: she gets the row, and it stays. Columns of `others` name somebody else: she does not
get those. When she leaves, `blanked` columns are emptied, rows with `goes` are removed, all else `stays` for a reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Text, cast, false, func, null, or_, select

from marketplace.discovery.models import Impression
from marketplace.identity.rules import LEFT
from marketplace.kernel.database import Base


@dataclass(frozen=True, slots=True)
class Person:
    """Whose rows are looked for. `organisations` are hers alone: the one of one that hires for her."""

    id: UUID
    email: str | None
    phone: str | None
    organisations: tuple[UUID, ...]


Match = Callable[[Table, Person], ColumnElement[bool]]
Blank = Callable[[Table], ColumnElement[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """How the rows of a table lead to a person. `match` where columns alone don't say it."""

    hers: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    match: Match | None = None
    blanked: Mapping[str, Any] = field(default_factory=dict[str, Any])
    goes: bool = False
    stays: str = ""


def _left(prefix: str) -> Blank:
    return lambda table: func.concat(prefix, func.replace(cast(table.c.id, Text), "-", ""))


def _is_alone_hers(table: Table, person: Person) -> ColumnElement[bool]:
    return table.c.id.in_(person.organisations)


def _to_her_address(table: Table, person: Person) -> ColumnElement[bool]:
    return or_(false(), *(table.c.to == address for address in (person.email, person.phone) if address))


def _her_accounts(table: Table, person: Person) -> ColumnElement[bool]:
    return table.c.code.like(f"%:{person.id}:%")


def _about_her_where_shown(table: Table, person: Person) -> ColumnElement[bool]:
    """What she wrote; and of what others wrote about her only what she may read already: reviews are double-blind."""
    about_her = or_(
        table.c.organisation_id.in_(person.organisations),
        table.c.freelancer_id.in_(select(_table("freelancers").c.id).where(whose("freelancers", person))),
    )
    return or_(table.c.by_user_id == person.id, about_her & table.c.shown_at.is_not(None) & table.c.hidden_at.is_(None))


def _not_an_export(table: Table, person: Person) -> ColumnElement[bool]:
    exports = _table("data_exports")
    packed = select(exports.c.file_id).where(exports.c.file_id.is_not(None))
    return (table.c.uploaded_by == person.id) & table.c.id.not_in(packed)


_AGREED = "both sides agreed to it and need it for their own books"
_BOOKS = "the books: money that moved, by number and without a name, kept by law"
_THEIRS = "the other side's conversation: it stays theirs, under “a person who left”"
_REGISTER = "the provider's register of who learned there; nothing of it is public any more"
_DECIDED = "what was reported and decided protects others, and she can be asked for it"
_FAIR = "the organiser's record of a fair, which counts people by number"
_COMPANY = "the organisation's own work, which its other members go on with"

TABLES: dict[str, Own] = {
    # -- identity
    "users": Own(
        hers=("id",),
        hidden=("password_hash",),
        blanked={
            **{"name": LEFT, "email": None, "email_verified_at": None, "phone": None, "phone_verified_at": None},
            **{"password_hash": "", "gender": None, "staff_role": None},
        },
    ),
    "organisations": Own(
        match=_is_alone_hers, blanked={"name": LEFT, "slug": _left("left-"), "about": "", "website": ""}
    ),
    "memberships": Own(hers=("user_id",), others=("organisation_id",), goes=True),
    "sessions": Own(hers=("user_id",), others=("organisation_id",), hidden=("secret_hash",), goes=True),
    "tokens": Own(hers=("user_id",), hidden=("secret_hash",), goes=True),
    "challenges": Own(hers=("user_id",), hidden=("secret_hash", "code_hash", "nonce"), goes=True),
    "passkeys": Own(hers=("user_id",), hidden=("credential_id", "public_key"), goes=True),
    "authenticators": Own(hers=("user_id",), hidden=("sealed_secret",), goes=True),
    "recovery_codes": Own(hers=("user_id",), hidden=("code_hash",), goes=True),
    "recoveries": Own(hers=("user_id",), hidden=("secret_hash",), goes=True),
    "seat_invitations": Own(
        hers=("accepted_by_user_id",),
        made=("invited_by_user_id",),
        others=("organisation_id",),
        hidden=("secret_hash", "email"),
        stays="the organisation's record of its seats",
    ),
    "data_exports": Own(hers=("user_id",), goes=True),
    "account_deletions": Own(hers=("user_id",), stays="proof that she asked for it and when it was done"),
    "form_submissions": Own(hers=("user_id",), goes=True),
    "audit_lines": Own(
        made=("by_user_id",), hidden=("values",), stays="who did what and when, by number: nobody may change it"
    ),
    "organisation_checks": Own(
        made=("asked_by",),
        others=("organisation_id", "verifier_organisation_id", "decided_by"),
        hidden=("code_hash",),
        stays=_COMPANY,
    ),
    # -- trust
    "blocks": Own(hers=("blocker_id",), others=("blocked_id",), goes=True),
    "cases": Own(
        made=("opened_by",),
        others=("about_user_id", "organisation_id", "owner_id", "decided_by"),
        hidden=("evidence",),
        stays=_DECIDED,
    ),
    "reports": Own(hers=("reporter_id",), hidden=("snapshot",), stays=_DECIDED),
    "restrictions": Own(hers=("user_id",), others=("by_user_id", "lifted_by"), hidden=("evidence",), stays=_DECIDED),
    "appeals": Own(hers=("restriction_id",), others=("decided_by",), stays=_DECIDED),
    # -- messages
    "notices": Own(hers=("user_id",), goes=True),
    "notice_preferences": Own(hers=("user_id",), goes=True),
    "mails": Own(match=_to_her_address, hidden=("values", "text", "html", "unsubscribe"), goes=True),
    "texts": Own(match=_to_her_address, hidden=("values", "body"), goes=True),
    "threads": Own(made=("created_by",), stays=_THEIRS),
    "thread_members": Own(hers=("user_id",), goes=True),
    "thread_messages": Own(hers=("sent_by",), hidden=("words",), stays=_THEIRS),
    "thread_files": Own(hers=("message_id",), stays=_THEIRS),
    "message_templates": Own(hers=("user_id",), goes=True),
    "trusted_contacts": Own(hers=("user_id",), goes=True),
    "meeting_notes": Own(hers=("user_id",), goes=True),
    # -- talent, skills, training
    "freelancers": Own(
        hers=("user_id",),
        blanked={
            **{"handle": _left("left-"), "headline": "", "about": "", "rate_minor": 0, "hours_a_week": 0},
            **{"languages": [], "district": None, "park_id": None, "photo_file_id": None, "available_from": None},
            **{"away_until": None, "away_text": "", "is_listed": False, "shows_name": False, "shows_photo": False},
            **{"shows_place": False, "shows_history": False},
        },
    ),
    "old_handles": Own(hers=("freelancer_id",), goes=True),
    "headlines": Own(hers=("freelancer_id",), goes=True),
    "portfolio_items": Own(hers=("freelancer_id",), goes=True),
    "portfolio_files": Own(hers=("item_id",), goes=True),
    "portfolio_consents": Own(hers=("item_id",), made=("answered_by",), goes=True),
    "evidence": Own(hers=("user_id",), others=("issuer_organisation_id",), goes=True),
    "outside_certificates": Own(hers=("user_id",), others=("decided_by",), goes=True),
    "enrolments": Own(hers=("user_id",), blanked={"email": None, "phone": None}, stays=_REGISTER),
    "certificates": Own(
        hers=("holder_user_id",),
        others=("issuer_organisation_id",),
        blanked={"shows_name": False},
        stays=_REGISTER,
    ),
    "certificate_claims": Own(hers=("certificate_id",), hidden=("secret_hash",), goes=True),
    "graduate_imports": Own(made=("by_user_id",), hidden=("rows", "faults"), stays=_COMPANY),
    "outages": Own(made=("reported_by",), stays="what happened to a place, for everybody there"),
    # -- postings and the answers to them
    "postings": Own(hers=("organisation_id",), made=("created_by",), blanked={"description": ""}),
    "posting_skills": Own(hers=("posting_id",), stays="the skills of a posting that others answered"),
    "employments": Own(hers=("posting_id",), stays="the terms of a posting that others answered"),
    "pipelines": Own(hers=("posting_id",), stays="how others were answered"),
    "proposals": Own(hers=("freelancer_id",), blanked={"cover": "", "answers": []}),
    "proposal_milestones": Own(hers=("proposal_id",), stays="a price that was offered, without words of hers"),
    "services": Own(hers=("freelancer_id",), blanked={"slug": _left("left-"), "description": "", "questions": []}),
    "service_packages": Own(hers=("service_id",), stays=_AGREED),
    "service_extras": Own(hers=("service_id",), stays=_AGREED),
    "service_skills": Own(hers=("service_id",), goes=True),
    "applications": Own(hers=("freelancer_id",), blanked={"cover": "", "answers": [], "cv_file_id": None}),
    "interviews": Own(hers=("application_id",), made=("created_by",), blanked={"place": "", "note": ""}),
    "job_offers": Own(hers=("application_id",), made=("created_by",), stays=_AGREED),
    "application_notes": Own(made=("by_user_id",), stays=_COMPANY),
    "scorecards": Own(made=("by_user_id",), stays=_COMPANY),
    # -- fairs
    "fairs": Own(hers=("organisation_id",), made=("created_by",), stays=_FAIR),
    "fair_helpers": Own(hers=("user_id",), made=("added_by",), goes=True),
    "fair_imports": Own(
        made=("by_user_id",), others=("centre_organisation_id",), hidden=("rows", "faults"), stays=_FAIR
    ),
    "gate_devices": Own(made=("by_user_id",), hidden=("secret_hash",), stays=_FAIR),
    "booths": Own(
        hers=("organisation_id",),
        made=("requested_by",),
        others=("decided_by",),
        hidden=("invitation_hash",),
        blanked={"email": None, "about": "", "note": ""},
    ),
    "booth_postings": Own(hers=("booth_id",), made=("added_by",), stays=_FAIR),
    "fair_tables": Own(hers=("booth_id",), stays=_FAIR),
    "representatives": Own(
        hers=("user_id",),
        made=("link_by",),
        hidden=("invitation_hash", "link_hash"),
        blanked={"name": LEFT, "email": None, "phone": None},
    ),
    "fair_candidates": Own(
        hers=("user_id",),
        others=("centre_organisation_id",),
        hidden=("ticket_hash",),
        blanked={
            **{"name": LEFT, "email": None, "phone": None, "is_woman": None, "district": None, "education": ""},
            **{"about": "", "skill_ids": [], "languages": [], "pay_floor_minor": None, "currency": None, "away": []},
        },
    ),
    "fair_invitations": Own(hers=("freelancer_id",), made=("invited_by",), goes=True),
    "preferences": Own(hers=("candidate_id",), made=("by_user_id",), goes=True),
    "timetables": Own(made=("made_by",), hidden=("input", "cells", "figures"), stays=_FAIR),
    "meetings": Own(hers=("candidate_id",), blanked={"candidate_word": ""}),
    "timetable_changes": Own(made=("proposed_by", "decided_by"), hidden=("values", "moves"), stays=_FAIR),
    "fair_objections": Own(hers=("candidate_id",), made=("by_user_id",), others=("answered_by",), blanked={"text": ""}),
    "checkins": Own(
        hers=("candidate_id",), made=("by_user_id",), hidden=("nonce",), stays="how many came to a fair, by number"
    ),
    "queue_entries": Own(hers=("candidate_id",), stays=_FAIR),
    "fair_scorecards": Own(
        hers=("candidate_id",), made=("by_user_id",), hidden=("note", "scores"), blanked={"word": "", "note": ""}
    ),
    "fair_offers": Own(hers=("candidate_id",), made=("made_by",), stays=_AGREED),
    "fair_messages": Own(hers=("candidate_id",), goes=True),
    "follow_ups": Own(hers=("candidate_id",), others=("employer_by",), hidden=("link_hash",), blanked={"word": ""}),
    "fair_papers": Own(made=("ordered_by",), others=("file_id",), stays="paper of a fair, gone 30 days after it"),
    # -- contracts and money
    "contracts": Own(hers=("freelancer_id", "organisation_id"), stays=_AGREED),
    "milestones": Own(hers=("contract_id",), stays=_AGREED),
    "deliveries": Own(hers=("milestone_id",), made=("delivered_by",), stays=_AGREED),
    "delivery_files": Own(hers=("delivery_id",), stays=_AGREED),
    "revisions": Own(hers=("delivery_id",), made=("asked_by",), stays=_AGREED),
    "splits": Own(hers=("milestone_id",), made=("by_user_id",), stays=_AGREED),
    "disputes": Own(hers=("milestone_id",), others=("moderator_id", "second_moderator_id"), stays=_DECIDED),
    "dispute_statements": Own(hers=("dispute_id",), made=("by_user_id",), stays=_DECIDED),
    "dispute_statement_files": Own(hers=("statement_id",), stays=_DECIDED),
    "settlements": Own(hers=("dispute_id",), others=("by_user_id",), stays=_DECIDED),
    "chargebacks": Own(
        hers=("hold_id",), others=("fault_by",), hidden=("charge_id", "stripe_dispute_id"), stays=_BOOKS
    ),
    "reviews": Own(
        made=("by_user_id",),
        others=("freelancer_id", "organisation_id"),
        hidden=("private_note",),
        match=_about_her_where_shown,
        stays="others decided by it; it stands under “a person who left”",
    ),
    "review_replies": Own(made=("by_user_id",), stays="it answers a review that stays"),
    "holds": Own(hers=("payee_user_id", "payer_organisation_id"), hidden=("charge_id",), stays=_BOOKS),
    "checkouts": Own(
        hers=("hold_id",),
        made=("kept_by_user_id",),
        hidden=("url", "session_id", "payment_intent_id", "charge_id"),
        stays=_BOOKS,
    ),
    "saved_cards": Own(
        hers=("organisation_id",),
        made=("saved_by_user_id", "removed_by_user_id"),
        hidden=("stripe_customer_id", "stripe_payment_method_id", "fingerprint"),
        stays="the organisation's, whose other members can remove it",
    ),
    "releases": Own(hers=("hold_id",), made=("by_user_id",), stays=_BOOKS),
    "refunds": Own(hers=("hold_id",), made=("by_user_id",), stays=_BOOKS),
    "transfers": Own(hers=("payee_user_id",), stays=_BOOKS),
    "payout_accounts": Own(
        hers=("user_id",), blanked={"bank_last4": "", "due": [], "holder": "", "number": LEFT}, stays=_BOOKS
    ),
    "payouts": Own(hers=("user_id", "payout_account_id"), made=("by_user_id",), stays=_BOOKS),
    "book_differences": Own(made=("closed_by_user_id",), stays=_BOOKS),
    "payout_batches": Own(made=("prepared_by",), hidden=("content",), stays="what a bank was told to pay, as it was"),
    "batch_approvals": Own(made=("user_id",), stays="who answers for a batch"),
    "statements": Own(made=("imported_by",), stays=_BOOKS),
    "statement_lines": Own(hers=("payout_id", "hold_id"), made=("ended_by",), stays="what a bank says, as it was"),
    "pay_ins": Own(hers=("hold_id",), made=("created_by",), stays=_BOOKS),
    "pay_in_receipts": Own(
        hers=("hold_id",),
        made=("uploaded_by", "said_by", "ended_by", "undo_by", "undone_by"),
        others=("file_id", "line_id"),
        stays=_BOOKS,
    ),
    "fx_rates": Own(made=("imported_by",), stays="a rate that others were paid at"),
    "payout_freezes": Own(made=("by_user_id", "lifted_by"), stays="when and why nobody was paid"),
    "ledger_accounts": Own(match=_her_accounts, stays=_BOOKS),
    "ledger_entries": Own(hers=("account_id",), stays=_BOOKS),
    # -- engines and discovery, which know no users: by her id or address
    "files": Own(hers=("uploaded_by",), match=_not_an_export, stays="swept nightly once nothing points to it"),
    "invitations": Own(
        hers=("freelancer_id",), made=("invited_by",), stays="an employer asked her: the employer keeps what was asked"
    ),
    "saved_searches": Own(hers=("user_id",), goes=True),
    "search_alerts": Own(hers=("user_id",), goes=True),
    "recommendations": Own(hers=("user_id",), goes=True),
    Impression.__tablename__: Own(hers=("user_id",), blanked={"user_id": None, "query": "", "score": null()}),
}

_NOBODYS = "it is about no person"
LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(("skills", "districts", "parks", "claims", "fee_rules", "reconciliations"), _NOBODYS),
    **dict.fromkeys(("public_records", "public_roots"), "published: no person, account or amount can be read in them"),
    "balance_movements": "the payment service's own books: each is a checkout, refund or transfer here",
    **dict.fromkeys(("programmes", "courses", "course_skills", "cohorts"), "what a training provider offers to all"),
    **dict.fromkeys(("fair_days", "fair_rooms", "fair_slots", "table_closures"), "a fair's hours, rooms and tables"),
    "signals": "which rule flagged what: telling it would teach how to pass it; what was decided is in restrictions",
    "posting_drafts": "of visitors without an account, by a secret that only their browser has; gone within days",
    "rate_counts": "counts of tries, gone within a day",
    "deadlines": "when something is due: the thing itself is in the file",
    "search_writers": "which process writes the search index now",
    "search_changes": "ids on their way to the search index, gone within seconds",
    "payment_commands": "what we asked the payment service to do: each is a checkout, refund, transfer or payout here",
    "webhook_events": "what the payment service told us: each became a row of money here",
    "ledger_transactions": "the frame of entries, which are in the file, shared with the other side of each",
}
"""Tables that are not in the file, and why."""


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def whose(name: str, person: Person, *, with_made: bool = False) -> ColumnElement[bool]:
    """The condition by which rows of that table are hers; `with_made`: also those she made for others."""
    table, own = _table(name), TABLES[name]
    if own.match is not None:
        return own.match(table, person)
    columns = own.hers + (own.made if with_made else ())
    return or_(false(), *(_leads_to(table, column, person) for column in columns))


def _leads_to(table: Table, name: str, person: Person) -> ColumnElement[bool]:
    column = table.c[name]
    parent = next((key.column for key in column.foreign_keys), None)
    if parent is None or parent.table.name == "users":
        return column == person.id
    return column.in_(select(parent).where(whose(parent.table.name, person)))


def exported_columns(name: str) -> list[ColumnElement[Any]]:
    """What she gets of a row: all but secrets, and other people's ids."""
    own = TABLES[name]
    return [column for column in _table(name).c if column.name not in {*own.hidden, *_people(name)}]


def _people(name: str) -> set[str]:
    keys = {column: _table(name).c[column].foreign_keys for column in TABLES[name].others}
    return {column for column, points in keys.items() if any(key.column.table.name == "users" for key in points)}
