"""Freelancers: the profile of a user who offers work.

One per user. What strangers see is hers to choose: by default first name only, no photo, district only; until a
shortlist nobody sees name or photo in proposals (a letter per posting stands for her). Skills and their evidence
live in skills/. A listed profile is found by search within seconds of being saved.
"""
