"""Due times that can pause. Knows no domain: a deadline has a kind and a subject.

    deadline   running ⇄ paused;  running → done;  running | paused → cancelled;  any → running (started again)

A pause moves the due time by its length. Each minute a sweep finds what is due and publishes `DeadlinePassed` once
per deadline, in the transaction that marks it done: what the subscribers do and the mark stand or fall together.
"""
