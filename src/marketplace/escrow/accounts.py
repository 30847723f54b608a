"""The ledger's accounts that escrow uses, and the lines of each kind of journal transaction."""

from uuid import UUID

from marketplace.engines.ledger.journal import Line
from marketplace.escrow.models import Hold
from marketplace.escrow.rules import Split
from marketplace.kernel.money import Money


def hold(hold_id: UUID) -> str:
    """What is held of one hold."""
    return f"hold:{hold_id}"


def owed(user_id: UUID, currency: str) -> str:
    """Released to her, not transferred yet."""
    return f"owed:{user_id}:{currency}"


def connected(user_id: UUID, currency: str) -> str:
    """In her Stripe balance."""
    return f"connected:{user_id}:{currency}"


def payout_transit(payout_id: UUID) -> str:
    return f"payout_transit:{payout_id}"


def refund_transit(refund_id: UUID) -> str:
    return f"refund_transit:{refund_id}"


def stripe(currency: str) -> str:
    """The world beyond our balance at Stripe: what came in is below zero here, so minus this is that balance."""
    return f"world:stripe:{currency}"


def transfers(currency: str) -> str:
    """The other half of the memo pair of `connected` accounts."""
    return f"world:transfers:{currency}"


def bank(currency: str) -> str:
    """Freelancers' own banks and wallets."""
    return f"world:bank:{currency}"


def fees(currency: str) -> str:
    """What the platform earned."""
    return f"platform:fees:{currency}"


def processor_fees(currency: str) -> str:
    """What Stripe kept: a cost, below zero."""
    return f"platform:processor_fees:{currency}"


def reserve(currency: str) -> str:
    """What the platform has set aside, and has lost, for payments that banks took back."""
    return f"platform:reserve:{currency}"


def disputed(chargeback_id: UUID) -> str:
    """What a bank has taken and not decided about yet: below zero while it has it."""
    return f"platform:disputed:{chargeback_id}"


def move(source: str, target: str, money: Money) -> list[Line]:
    """`money` from one account to another."""
    return [Line(source, Money(-money.amount_minor, money.currency)), Line(target, money)]


def release_lines(hold_id: UUID, user_id: UUID, gross: Money, fee: Money) -> list[Line]:
    """The hold's money becomes hers, less the fee."""
    currency, net = gross.currency, gross - fee
    parts = [Line(owed(user_id, currency), net), Line(fees(currency), fee)]
    return [Line(hold(hold_id), Money(-gross.amount_minor, currency)), *(part for part in parts if part.money)]


def transfer_lines(user_id: UUID, net: Money) -> list[Line]:
    """From our Stripe balance to hers."""
    currency = net.currency
    return [
        *move(owed(user_id, currency), stripe(currency), net),
        *move(transfers(currency), connected(user_id, currency), net),
    ]


def split_lines(hold_row: Hold, parts: Split, refund_id: UUID | None) -> list[Line]:
    """Both parts leave the hold together."""
    currency = hold_row.currency
    taken = parts.release + parts.refund
    lines = [Line(hold(hold_row.id), Money(-taken.amount_minor, currency))]
    lines += [Line(owed(hold_row.payee_user_id, currency), parts.release - parts.fee), Line(fees(currency), parts.fee)]
    if refund_id is not None:
        lines.append(Line(refund_transit(refund_id), parts.refund))
    return [line for line in lines if line.money]
