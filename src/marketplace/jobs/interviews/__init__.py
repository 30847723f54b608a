"""Interviews: one side offers up to five times, the other picks one, and both may move or cancel it.

    interview   proposed → agreed | declined | cancelled;  agreed → proposed (other times) | cancelled

The first is always the employer's, and it shows who the candidate is. Who is agreed gets a calendar file and, a day
before, a reminder (deadline `interview_tomorrow`). Once the application is decided, open interviews are cancelled.
"""
