"""Postings: what an employer publishes. One table for gigs, jobs and internships; `kind` tells them apart.

    draft → open ⇄ paused → filled | closed | expired;  any → removed (by a moderator)

Proposals end at `closes_at`; from then on an open posting is in no search, and the employer owes everybody who
proposed an answer until `answer_by`. With nobody waiting it expires at the first of the two, else at the second
(deadlines `posting_closes`, `posting_answers`); whoever is left then is told that no answer came. A draft written
before sign-in waits in `posting_drafts` under a secret in the writer's cookie. No effect on money.
"""
