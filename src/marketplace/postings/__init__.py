"""Postings: what an employer publishes. One table for gigs, jobs and internships; `kind` tells them apart.

    draft → open ⇄ paused → filled | closed | expired;  any → removed (by a moderator)

A posting has an answer-by date: until then the employer owes everybody who proposed an answer. A draft written
before sign-in waits in `posting_drafts` under a secret in the writer's cookie. No effect on money.
"""
