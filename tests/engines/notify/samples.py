"""Values for every message."""

from datetime import UTC, datetime

from marketplace.kernel.money import Money

SAMPLES = {
    "name": "Ayesha Khan",
    "email": "ayesha@test.example",
    "link": "/contracts/1",
    "gig": "A shop for handmade pottery",
    "contract": "A shop for handmade pottery",
    "milestone": "First page",
    "organisation": "AgriTrack",
    "freelancer": "Ayesha Khan",
    "who": "AgriTrack",
    "amount": Money(100_00, "USD"),
    "net": Money(90_00, "USD"),
    "fee": Money(10_00, "USD"),
    "until": datetime(2026, 12, 12, 9, 0, tzinfo=UTC),
    "missing": "The cart page.\nAnd the footer.",
    "reason": "We need somebody in Multan.",
    "is_automatic": False,
    "count": 3,
    "job": "Junior web developer",
    "stage": "interview",
    "letter": "C",
    "about": "A shop for handmade pottery",
    "excerpt": "Could you start on Monday?",
    "answer_by": datetime(2026, 12, 19, 9, 0, tzinfo=UTC),
    "posting": "A teacher of mathematics",
    "closes_at": datetime(2026, 12, 12, 18, 59, 59, tzinfo=UTC),
    "document": "zone",
    "last_day": "2026-12-31",
    "code": "ABCD2345",
    "title": "Data entry from home",
    "outcome": "It breaks our rules, so it was removed.",
    "what": "publish postings and services",
    "is_upheld": True,
    "is_lifted": False,
}
