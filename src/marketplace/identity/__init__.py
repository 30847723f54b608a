"""Who is who: users, organisations, memberships, sign-in, sessions, and the audit log.

A user signs in with e-mail and password; she has at most one freelancer profile (talent/) and any number
of memberships. A private person who hires gets an organisation of one without filling in a form. A session
is a row that exists only after sign-in, has a new id at sign-in and step-up, and whose deletion is final.
Every change of state anywhere writes one audit line here; a contract's timeline is read from them.
"""
