"""Training: programmes of a provider and their cohorts, each at a park.

Thin on purpose: enrolments, certificates and mentors come with the people issue; the tables stand here so that
freelancers, cohorts and contracts carry their park from the first day.
"""
