"""Postings and freelancers from a file of somebody else: a mapping says which column means what.

A mapping (search/mappings/*.toml) is data: templates over the columns (`"{Job Title}"`), words for values, what counts
as empty. A row's key stays with what was made of it as `source_ref`: the same file twice loads nothing twice. A file
with a bad row loads nothing unless the bad ones are to be skipped; each is named by its line and its reason.
"""
