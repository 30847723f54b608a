"""Stripe, and nothing but Stripe: what we ask it to do and what it tells us.

A *command* is one wish with an effect on money: open a checkout session, transfer, reverse, refund, pay out. It is
written with its idempotency key in the transaction that decides it (`outbox.send`), called outside of any
transaction (`outbox.dispatch`) and recorded in a second one, which publishes `CommandDone` or `CommandFailed`.
Whatever a crash leaves between these steps, the queue or the sweep finishes with the same key.

An *event* of Stripe is stored raw under its own id (`inbox.receive`) before it is answered with 200; `inbox.process`
then fetches the object's present state and publishes `StripeObjectChanged`. Events may come twice, late and in any
order: subscribers take the object as it is now.

    command  pending → sent (called at least once) → done | failed

`client.py` is the only module of the house that imports the SDK. `sandbox/` is a server that speaks the same
protocol for the demo and the tests; neither imports the other.
"""
