"""The two forms of the hosted pages: what they start with, what people wrote, what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.cards import CARDS, Card

COUNTRIES = {
    "PK": "Pakistan",
    "AE": "United Arab Emirates",
    "CA": "Canada",
    "DE": "Germany",
    "GB": "United Kingdom",
    "US": "United States",
}
_TEST_ACCOUNTS = {"PK": "PK36SCBL0000001123456702"}
_TEST_ACCOUNT = "DE89370400440532013000"
_IBAN = re.compile(r"[A-Z0-9]{8,34}")


def _written(form: Mapping[str, Any], name: str) -> str:
    return str(form.get(name, ""))[:120].strip()


@dataclass(slots=True)
class PayForm:
    """The card form."""

    email: str
    number: str
    expiry: str
    cvc: str
    name: str
    errors: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def start(cls, session: Wire) -> "PayForm":
        """With a card that pays filled in, so that one press is enough."""
        return cls(
            email=session["customer_email"] or "payer@example.com",
            number=CARDS["4242424242424242"].spaced,
            expiry="12 / 34",
            cvc="123",
            name="Test Payer",
        )

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> "PayForm":
        email, number, expiry, cvc, name = (
            _written(form, each) for each in ("email", "number", "expiry", "cvc", "name")
        )
        return cls(email, number, expiry, cvc, name)

    def card(self) -> Card | None:
        """The test card; None with `errors` filled when something is wrong."""
        card = CARDS.get(re.sub(r"\D", "", self.number))
        checks = {
            "email": (re.fullmatch(r"[^@\s]+@[^@\s]+", self.email), "Write an email address."),
            "number": (card, "This is none of the test cards. Take one from the list below."),
            "expiry": (
                re.fullmatch(r"(0[1-9]|1[0-2])\s*/?\s*\d\d", self.expiry),
                "Write month and year, like 12 / 34.",
            ),
            "cvc": (re.fullmatch(r"\d{3,4}", self.cvc), "Write three or four digits."),
            "name": (self.name, "Write the name on the card."),
        }
        self.errors = {name: message for name, (is_right, message) in checks.items() if not is_right}
        return None if self.errors else card


@dataclass(slots=True)
class OnboardForm:
    """Who gets paid, and where."""

    visit: str
    country: str
    name: str
    iban: str
    errors: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def start(cls, account: Wire, visit: str) -> "OnboardForm":
        country = account["country"]
        return cls(visit, country, account["name"] or "", _TEST_ACCOUNTS.get(country, _TEST_ACCOUNT))

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> "OnboardForm":
        visit, country, name, iban = (_written(form, each) for each in ("visit", "country", "name", "iban"))
        read = cls(visit, country, name, re.sub(r"\s", "", iban).upper())
        checks = {
            "country": (read.country in COUNTRIES, "Choose a country of the list."),
            "name": (read.name, "Write your full name."),
            "iban": (_IBAN.fullmatch(read.iban), "Write 8 to 34 letters and digits."),
            "agree": (_written(form, "agree") == "yes", "Please agree to the terms to go on."),
        }
        read.errors = {name: message for name, (is_right, message) in checks.items() if not is_right}
        return read
