"""Training: programmes of a provider, their courses, their cohorts; who learned what, and who vouches for it.

A provider publishes a programme with courses (each teaches skills, up to a level) and runs it in cohorts (planned →
open → running → ended, or cancelled). A learner applies and is enrolled while seats last, or comes with the provider's
list. What the provider vouches for is a certificate: issued (by a file of graduates, checked row by row) → claimed (by
the graduate herself, through a link that works once) → revoked. Only a claimed one is evidence of a skill; revoking it
takes the evidence away in the same transaction. Certificates of outside issuers (search/issuers.toml) are what she says
until a moderator has checked them. No money moves here.
"""
