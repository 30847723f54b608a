"""What contracts and their money say of an employer: its payments are levels of trust (identity/employers).

Also who tells its owners about checks: notices are a floor above identity.
"""
