"""What is kept about a person: all of it in one file for her, and what becomes of it when she leaves.

`tables.py` is one table of data: for every table of the database whose rows lead to her, what is hidden from the file
and what stays after she left, each with its reason; a test compares it with the schema, so no new table is forgotten.

    data_exports       asked → ready (seven days) → over | failed
    account_deletions  asked → done (after fourteen days) | undone

Nobody leaves while money is held or on its way, a contract is under way or an organisation has no other owner. The
ledger, contracts and what others were told stay, under the name "A person who left".
"""
