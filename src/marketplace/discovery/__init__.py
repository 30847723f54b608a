"""Finding each other: search over several kinds of documents, matches with their reasons, impressions.

Indexes hold ids and search fields only; rows come from PostgreSQL and visibility is decided there. An impression
is what was shown to whom at which rank, written in batches beside the request.
"""
