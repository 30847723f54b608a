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


def payable(user_id: UUID, currency: str) -> str:
    """Her balance here: paid out by bank, wallet or hand."""
    return f"payable:{user_id}:{currency}"


def payout_transit(payout_id: UUID, converted: str = "") -> str:
    """A payout under way; `converted` is its second currency."""
    return f"payout_transit:{payout_id}:{converted}" if converted else f"payout_transit:{payout_id}"


def house(slug: str, currency: str) -> str:
    """The world beyond an account of the platform's own at a bank or wallet: minus this is what the bank says."""
    return f"world:house:{slug}:{currency}"


def fx(currency: str) -> str:
    """What the platform bought (above zero) and sold (below) of a currency when it changed money."""
    return f"platform:fx:{currency}"


def rail_fees(currency: str) -> str:
    """What freelancers paid for a rail, less what the rail took."""
    return f"platform:rail_fees:{currency}"


def own_transfers(currency: str) -> str:
    """Between the platform's own accounts, by its own hand."""
    return f"platform:own_transfers:{currency}"


def clearing(currency: str) -> str:
    """Between our records and the statements of our banks: payouts that no line confirms, lines nobody understands."""
    return f"platform:clearing:{currency}"


def suspense(line_id: UUID) -> str:
    """Came in, and nobody knows yet what for."""
    return f"suspense:{line_id}"


def paid_in(hold_id: UUID) -> str:
    """Came in for a hold: less than all of it, or more."""
    return f"paid_in:{hold_id}"


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


def exchange(source: str, target: str, taken: Money, given: Money) -> list[Line]:
    """`taken` leaves one account, `given` of another currency reaches the other: each sums to zero through `fx`."""
    return [*move(source, fx(taken.currency), taken), *move(fx(given.currency), target, given)]


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
