"""The taxonomy of skills and the evidence that somebody has one.

Skills are data (search/skills/*.toml: English, Urdu and Roman Urdu names, parent, public URI), loaded by
`marketplace migrate`. Evidence has a kind and an issuer: claimed by herself, tested by us, certified by an
organisation, earned on N contracts. Nothing but evidence says what somebody can do.
"""
