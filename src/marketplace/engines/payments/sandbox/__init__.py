"""A stand-in for Stripe that keeps books: the demo and the tests pay with it, over HTTP, through the official SDK.

It speaks the wire format of API 2026-10-28.endive for the operations that the marketplace uses and refuses all
others. Money is real inside it: every charge, transfer, refund and payout moves balances, pending money becomes
available by the clock, and nothing is paid that is not there. Payers and freelancers meet it at two hosted pages.

Its books lie in an SQLite file of their own, so that killing PostgreSQL takes nothing of them along. One process,
one thread: SQLite answers within fractions of a millisecond, and a single writer needs no locks.

    app → api → accounts | checkout | transfers | refunds | payouts | listing → objects → books
              → pay_pages, onboarding_pages (what people see)   webhooks (what the marketplace is told)

It shares no code with the client: what one side misunderstands, the other must notice.
"""

API_VERSION = "2026-10-28.endive"
