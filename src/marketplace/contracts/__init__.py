"""Contracts: what an accepted proposal becomes, between one organisation and one freelancer.

    contract    active → completed | cancelled
    milestone   planned → funding → funded → delivered ⇄ revision → released;  funding → planned (session expired)

Each milestone has its own amount and hold (escrow/). Only a funded milestone can be delivered. The employer accepts
a delivery, asks for a revision, or lets the review period (14 days, a deadline that can pause) release the money.
The timeline that both sides see is read from the audit lines of the contract.
"""
