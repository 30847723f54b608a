"""How a call to Stripe can end badly. Two ways, and callers need no third."""


class PaymentRefused(Exception):
    """Stripe said no for good: the same call would be refused again and nothing has happened."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class PaymentUnavailable(Exception):
    """No answer, or one that says "later": whether anything happened is unknown until the same key is tried again.

    `is_saved`: Stripe keeps this failure under the key and would repeat it for ever; look up, then use a new key.
    """

    def __init__(self, message: str, *, is_saved: bool = False) -> None:
        super().__init__(message)
        self.is_saved = is_saved


class InvalidSignature(Exception):
    """This webhook is not from Stripe, or too old, or from the future, or no secret is set for its endpoint."""
