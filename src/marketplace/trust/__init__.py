"""Everybody's safety: blocks, reports, cases, restrictions, appeals, and what machines flag.

A report, a signal or a held posting becomes a case with a reason, a deadline and an owner; a moderator decides it
with evidence; who is restricted is told why and until when, and may appeal to another person. Earned money is never
touched by any of it.
"""
