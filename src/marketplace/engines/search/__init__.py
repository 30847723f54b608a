"""Full-text search over documents of ids and words: typo-tolerant, faceted, in Urdu and Latin script.

A domain calls `changed(db, "gigs", id)` in the transaction of its change (actions.py); the row in the outbox
wakes the worker's task `search.index` (tasks.py), which loads the documents through the loader that the domain
registered, writes them and forgets the rows. Pages ask `SearchIndex.search` (protocol.py) for ids, then load the
rows from PostgreSQL: a late index never shows what is closed or private.

What an index knows is data: search/indexes/<name>.json is exactly the settings body of Meilisearch, search/synonyms/
holds groups of equal words. The embedded engine (embedded.py, tantivy) reads both and refuses to start on a key
that it can't honour. Words are folded by us (folding.py), in documents and in queries, so that both engines treat
Urdu letters and joined forms alike. Documents are dicts: `id`, one text or list of texts for every searchable
attribute without its `_s`, and the filterable attributes (lists, words, booleans, whole numbers, None).
"""
