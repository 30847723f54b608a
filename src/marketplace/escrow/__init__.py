"""Held milestone funds: holds, releases, refunds, transfers, payouts, fees. Knows holds, not milestones.

    hold      pending → held → closed;  pending → cancelled        (pending: nobody has paid yet)
    checkout  pending → open → paid | expired | refused            (one visit to Stripe's pay page; refused: refunded)
              pending → paid | failed | refused                    (one charge of a saved card: charging.py)
    transfer  pending → sent | failed → pending                    (to the connected account; waits while she has none)
    chargeback open → won | lost | closed                          (the payer's bank asks back; the hold is frozen)
    payout    requested → sent → confirmed | returned | failed     (the balance is restored once)

Every movement is one journal transaction (engines/ledger); every call to Stripe is a command (engines/payments)
written in the same transaction. `actions.py` is what people decide, `cards.py` and `charging.py` cards that are
kept and charged with one press, `checkouts.py` and `settling.py` what Stripe answers, `chargebacks.py` what banks of
payers do, `splitting.py` how a hold is divided, `checking.py` the proof that both and the ledger agree. Stripe provides
no escrow in the legal sense: pages say "held milestone funds".
"""
