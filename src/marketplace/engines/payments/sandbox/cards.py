"""The test cards that the hosted page knows (numbers as in docs.stripe.com/testing)."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Card:
    """What paying with it does. `refusal` is a decline code; `fails_refunds`: a refund to it comes back later."""

    number: str
    brand: str
    words: str
    refusal: str = ""
    has_challenge: bool = False
    fails_refunds: bool = False
    exp_month: int = 12
    exp_year: int = 2034

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same for the same card, whoever brings it."""
        return sha256(self.number.encode()).hexdigest()[:16]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, 16, 4))


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "visa", "pays"),
        Card("5555555555554444", "mastercard", "pays (Mastercard)"),
        Card("4000002500003155", "visa", "asks for 3-D Secure", has_challenge=True),
        Card("4000000000000002", "visa", "is declined", refusal="generic_decline"),
        Card("4000000000009995", "visa", "has insufficient funds", refusal="insufficient_funds"),
        Card("4000000000005126", "visa", "pays; a refund to it fails later", fails_refunds=True),
    )
}

DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}
