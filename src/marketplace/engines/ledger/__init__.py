"""A double-entry journal in PostgreSQL that nobody can change afterwards.

An *account* has one currency, a code and a running balance. A *transaction* has *entries* that add up to zero per
currency; its key makes it happen once. There is one door, the SQL function `ledger_post`: it locks the accounts in
one order (shared ones last), keeps every balance above its floor and numbers the entries of each account without gaps.
Triggers refuse every other change, for the owner of the tables too, and check each sum and balance again.

`world:…` and `platform:…` accounts are shared and may go below zero; all others never do.

Behind COMMIT one worker seals the transactions into a hash chain (`sealing.seal`), 5 seconds later at most: what
somebody changes with the triggers switched off, `sealing.verify_chain` and `checking.problems` name.
"""
