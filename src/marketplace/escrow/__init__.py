"""Held milestone funds: holds, releases, refunds, transfers, payouts, fees. Knows holds, not milestones.

    hold      pending → held → closed                   (pending: the payer is on Stripe's pay page)
    transfer  pending → sent | failed → pending          (to the connected account; waits while she has none)
    payout    requested → sent → confirmed | returned | failed   (the balance is restored once)

Every movement is one journal transaction (engines/ledger); every call to Stripe is a command (engines/payments)
written in the same transaction. Stripe provides no escrow in the legal sense: pages say "held milestone funds".
"""
