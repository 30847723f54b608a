"""Which messages there are, by kind: a person switches kinds off, not single messages."""

from dataclasses import dataclass

from marketplace.kernel.i18n import N_


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages that people want or don't want together. One that `can_be_off` not always comes by mail."""

    name: str
    title: str
    hint: str
    messages: tuple[str, ...]
    can_be_off: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants a kind: `by_sms` None is what holds until she says something."""

    by_mail: bool = True
    by_sms: bool | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """How a message leaves the house; the notice in her list is always written."""

    by_mail: bool
    by_sms: bool


def ways(kind: Kind, wish: Wish, *, has_email: bool, has_phone: bool) -> Ways:
    """By mail unless she switched it off; by SMS where she asked for it, or has no address.

    What always comes, comes by mail, else by SMS. An SMS she said no to never comes.
    """
    by_sms = wish.by_sms if wish.by_sms is not None else not has_email
    return Ways(has_email and (wish.by_mail or not kind.can_be_off), has_phone and by_sms)


KINDS = (
    Kind(
        "messages",
        N_("Messages"),
        N_("What people write to you: one mail for each conversation until you have read it"),
        ("message_received",),
    ),
    Kind(
        "proposals",
        N_("Proposals"),
        N_("New, shortlisted, accepted, declined and withdrawn proposals"),
        (
            "proposal_received",
            "proposal_sent",
            "proposal_shortlisted",
            "proposal_declined",
            "proposal_accepted",
            "proposal_withdrawn",
            "proposal_expired",
            "gig_filled",
            "gig_closed",
            "gig_changed",
            "gig_expired",
            "answers_due",
        ),
    ),
    Kind(
        "applications",
        N_("Applications"),
        N_("Jobs and internships: what came, where it stands, who was hired"),
        (
            "application_received",
            "application_sent",
            "application_moved",
            "application_rejected",
            "application_auto_answered",
            "application_withdrawn",
            "application_answers_due",
            "applications_unanswered",
            "hired",
        ),
    ),
    Kind(
        "interviews",
        N_("Interviews and offers"),
        N_("Times to pick, what was agreed, the day before, offers and their answers"),
        (
            "interview_proposed",
            "interview_agreed",
            "interview_declined",
            "interview_cancelled",
            "interview_tomorrow",
            "offer_sent",
            "offer_accepted",
            "offer_declined",
            "offer_withdrawn",
            "offer_expired",
        ),
    ),
    Kind(
        "postings",
        N_("Your postings"),
        N_("When the last day of a gig, job or internship of yours comes near"),
        ("posting_closes_soon",),
    ),
    Kind(
        "invitations",
        N_("Invitations"),
        N_("When an employer asks you to answer a posting, or an organiser to come to a fair"),
        ("invited", "fair_invited"),
    ),
    Kind(
        "searches",
        N_("Saved searches"),
        N_("What is new in the searches you keep, as often as you chose for each"),
        ("search_alert",),
    ),
    Kind(
        "fairs",
        N_("Fairs"),
        N_("Fairs you take part in: your booth or seat, the timetable, another date"),
        (
            "fair_registered",
            "fair_waiting",
            "fair_seat_free",
            "fair_moved",
            "fair_cancelled",
            "fair_booth_invited",
            "fair_booth_approved",
            "fair_booth_refused",
            "fair_timetable_shown",
            "fair_timetable_published",
            "fair_meetings_changed",
            "fair_objection_answered",
            "fair_answer",
            "fair_results_due",
            "fair_unanswered",
            "fair_offer_declined",
            "fair_offer_expired",
            "fair_follow_up",
            "fair_called",
        ),
    ),
    Kind(
        "recommendations",
        N_("Gigs that fit"),
        N_("Once a week: new gigs that fit your profile, and why"),
        ("work_recommended",),
    ),
    Kind(
        "contracts",
        N_("Contracts"),
        N_("Deliveries, revisions and what waits for you"),
        (
            "contract_started",
            "milestone_delivered",
            "delivery_sent",
            "revision_asked",
            "revision_sent",
            "contract_completed",
            "contract_cancelled",
            "order_lapsed",
            "consent_asked",
            "consent_answered",
        ),
    ),
    Kind(
        "money",
        N_("Money"),
        N_("Money held, released, refunded and paid out"),
        (
            "milestone_funded",
            "order_received",
            "payment_held",
            "payment_lapsed",
            "card_refused",
            "card_saved",
            "card_removed",
            "milestone_released",
            "money_released",
            "hold_refunded",
            "receipt_refused",
            "receipt_undone",
            "payment_missing",
            "refund_failed",
            "refund_made_good",
            "refund_overdue",
            "part_released",
            "milestone_cancelled",
            "milestone_extended",
            "milestone_overdue",
            "delivery_overdue",
            "holding_warning",
            "payout_account_needed",
            "payout_account_ready",
            "payout_requested",
            "payout_confirmed",
            "payout_failed",
        ),
    ),
    Kind(
        "disputes",
        N_("Disputes"),
        N_("Money that the two sides of a contract divide, disputes and chargebacks: these mails always come"),
        (
            "split_proposed",
            "split_declined",
            "split_agreed",
            "dispute_opened",
            "dispute_moved",
            "dispute_decided",
            "dispute_settled",
            "chargeback_opened",
            "chargeback_closed",
        ),
        can_be_off=False,
    ),
    Kind(
        "reviews",
        N_("Reviews"),
        N_("Reviews and replies you can read, and until when you can write one"),
        ("review_shown", "review_replied", "review_reminder"),
    ),
    Kind(
        "checks",
        N_("Checks of your organisation"),
        N_("What became of a document, and when a badge is about to end"),
        ("check_passed", "check_refused", "badge_ends"),
    ),
    Kind(
        "safety",
        N_("Safety"),
        N_("Reports, checks of postings, and what a moderator decided about you: these mails always come"),
        (
            "report_decided",
            "case_decided",
            "restriction_made",
            "appeal_decided",
            "posting_held",
            "meeting_told",
            "meeting_ends",
            "meeting_overdue",
            "meeting_back",
        ),
        can_be_off=False,
    ),
    Kind(
        "training",
        N_("Training and certificates"),
        N_("Seats, certificates issued, claimed, checked and revoked"),
        (
            "seat_given",
            "seat_refused",
            "certificate_issued",
            "certificate_claimed",
            "certificate_revoked",
            "outside_certificate_checked",
            "outside_certificate_refused",
        ),
    ),
    Kind(
        "account",
        N_("Your account"),
        N_("Your address, password and seats: these always come"),
        (
            "verify_email",
            "reset_password",
            "change_email",
            "email_changed",
            "password_changed",
            "account_exists",
            "domain_code",
            "payout_method_added",
            "factor_added",
            "factor_removed",
            "recovery_asked",
            "recovery_done",
            "phone_changed",
            "seat_invitation",
            "seat_joined",
            "seat_changed",
            "seat_removed",
            "export_ready",
            "deletion_asked",
            "deletion_undone",
            "account_deleted",
        ),
        can_be_off=False,
    ),
)

KIND_OF = {message: kind for kind in KINDS for message in kind.messages}
BY_NAME = {kind.name: kind for kind in KINDS}
