"""Proposals: a freelancer's answer to a gig, with milestones.

    draft → submitted → shortlisted → accepted | declined | withdrawn | expired

One living proposal per gig and freelancer. Until she is shortlisted the employer sees a letter, headline, skills
and evidence, never name or photo. Accepting one makes a contract (contracts/) and fills the gig; the others are
told. No effect on money: sending a proposal costs nothing.
"""
