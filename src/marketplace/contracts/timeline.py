"""One timeline of a contract for both sides, read from its audit lines."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from marketplace.contracts.rules import NEVER_CAME
from marketplace.identity.audit import Line, lines_of
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.money import Money, format_money

_WORDS: dict[str, tuple[str, str]] = {
    "contract.started": ("active", N_("Proposal accepted: the contract begins, %(money)s in all")),
    "contract.ordered": ("active", N_("Ordered: %(money)s in all")),
    "contract.completed": ("good", N_("Contract completed")),
    "contract.cancelled": ("idle", N_("Contract cancelled")),
    "milestone.funding": ("waiting", N_("Milestone %(number)s, %(milestone)s: payment begun")),
    "milestone.planned": (
        "idle",
        N_("Milestone %(number)s, %(milestone)s: not paid in time, nothing was charged"),
    ),
    "milestone.funded": ("active", N_("Milestone %(number)s, %(milestone)s: funded, %(money)s is held")),
    "milestone.delivered": ("waiting", N_("Milestone %(number)s, %(milestone)s: delivered")),
    "milestone.revision": ("waiting", N_("Milestone %(number)s, %(milestone)s: a revision is asked for")),
    "milestone.released": (
        "good",
        N_("Milestone %(number)s, %(milestone)s: accepted, %(money)s released"),
    ),
    "milestone.cancelled": ("idle", N_("Milestone %(number)s, %(milestone)s: cancelled")),
    "milestone.part_released": ("good", N_("Milestone %(number)s, %(milestone)s: a part released, %(money)s")),
    "milestone.part_refunded": ("idle", N_("Milestone %(number)s, %(milestone)s: a part given back, %(money)s")),
    "milestone.extended": ("idle", N_("Milestone %(number)s, %(milestone)s: %(days)s more days")),
    "milestone.split_proposed": (
        "waiting",
        N_("Milestone %(number)s, %(milestone)s: proposed to release %(release)s and refund %(refund)s"),
    ),
    "milestone.split_declined": ("idle", N_("Milestone %(number)s, %(milestone)s: that division was declined")),
    "milestone.disputed": ("danger", N_("Milestone %(number)s, %(milestone)s: disputed, the money stays held")),
    "milestone.settled": (
        "good",
        N_("Milestone %(number)s, %(milestone)s: settled, %(release)s released and %(refund)s refunded"),
    ),
}
_RELEASED_UNANSWERED = N_("Milestone %(number)s, %(milestone)s: review period over, %(money)s released")

_ENDED_BY_BOTH = N_("Milestone %(number)s, %(milestone)s: ended by both, %(release)s released and %(refund)s refunded")

_NEVER_CAME = N_("Milestone %(number)s, %(milestone)s: the transfer never came, so it is not funded any more")
_LAPSED = N_("Not paid in within 3 days: the order has lapsed, nothing was charged")


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """A step in the reader's words. `who` is empty when the system did it (a deadline, a payment)."""

    at: datetime
    text: str
    tone: str
    who: str
    detail: str


async def timeline_of(db: AnySession, contract_id: UUID, *, locale: str) -> list[TimelineEvent]:
    """What happened in a contract, oldest first. Who may see it was asked before."""
    lines = [line for line in await lines_of(db, ("contract", contract_id)) if line.action in _WORDS]
    done = {line.action for line in lines}
    if "contract.ordered" in done and "milestone.funded" not in done:  # until it is paid in nobody's name is said
        lines = [replace(line, by_name=None) for line in lines]
    return [_event(line, locale) for line in lines]


def _event(line: Line, locale: str) -> TimelineEvent:
    tone, words = _WORDS[line.action]
    if line.action == "milestone.released" and line.by_user_id is None:
        words = _RELEASED_UNANSWERED
    if line.action == "milestone.planned" and line.why == NEVER_CAME:
        words = _NEVER_CAME
    if line.action == "milestone.cancelled" and line.why == "agreed":
        words = _ENDED_BY_BOTH
    if line.action == "contract.cancelled" and line.by_user_id is None:
        words = _LAPSED
    values = dict(line.values)
    if "amount_minor" in values:
        values["money"] = format_money(Money(values["amount_minor"], values["currency"]))
    for part in ("release", "refund"):
        if f"{part}_minor" in values:
            values[part] = format_money(Money(values[f"{part}_minor"], values["currency"]))
    detail = line.why if line.action == "contract.cancelled" and line.by_user_id else ""
    return TimelineEvent(line.at, translations(locale).gettext(words) % values, tone, line.by_name or "", detail)
