"""What the system tells people: in-app notices and mails. (Threads between people come with a later release.)

`notify(db, user_id, message, values, link=…)` is the one call of all domains: it writes the notice and, unless
she switched it off for this kind of message, defers the mail, both in the caller's transaction.
"""
