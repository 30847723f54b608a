"""What banks and wallets read and write, as plain values: no accounts of ours, no people, no network.

iban.py               is this an IBAN, and of which country
references.py         short references that survive a bank's narration, with a check letter
credit_transfers.py   a batch of payments as ISO 20022 pain.001, checked against its schema
tables.py             a batch as a CSV file of a wallet operator, its columns as data
statements.py         lines of a statement, from camt.053 or a CSV whose layout is data
"""
