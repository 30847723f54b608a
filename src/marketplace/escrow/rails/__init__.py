"""Payouts by bank, wallet and hand, and money that comes in without a card: files that people carry to a bank.

    batch      prepared → approved | discarded              (two different people approve; then its payouts are sent)
    payout     requested → sent → confirmed | returned | failed
    statement  imported once; its lines open → matched | explained

A freelancer's balance here (`payable:`) is paid from the platform's own accounts (`world:house:`). Each change of
currency is a journal transaction of its own, at the dated rate that she saw before. A statement's lines say what has
arrived and what came back; every line is booked, also those that nobody understands yet. `catalogue.py` reads what
rails, wallets and layouts are from rails/*.toml; `doors.py` is the one interface through which all rails are asked.
"""
