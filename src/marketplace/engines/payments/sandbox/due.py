"""What happens by itself as time passes: sessions expire, payouts arrive or fail, refunds come back."""

from dataclasses import replace

from marketplace.engines.payments.sandbox import checkout, payouts, refunds
from marketplace.engines.payments.sandbox.books import Books
from marketplace.engines.payments.sandbox.desk import Desk


def settle(books: Books, now: int, address: str) -> int:
    """Do all that is due at `now` and return how much that was. Runs inside a transaction."""
    desk = Desk(books, now=now, address=address)
    found = books.due(now)
    for body in found:
        here = replace(desk, account=books.account_of(body["id"]))
        match body["object"]:
            case "checkout.session":
                checkout.close(here, body)
            case "payout":
                payouts.settle(here, body)
            case "refund":
                refunds.fail(here, body)
            case kind:
                raise AssertionError(f"{kind} has nothing due")
    return len(found)
