"""Offers of employment: pay, first day and text, with a day until which the candidate answers.

    offer   sent → accepted | declined | withdrawn | expired

Accepting hires: the application moves to `hired`, and when as many were hired as the posting has openings it is filled,
and everybody who still waits is told. No money moves here. One offer waits for an answer at a time.
"""
